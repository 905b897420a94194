package rundir

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"cmae/internal/atomicfile"
	"cmae/internal/report"
)

// metrics appends rows to metrics.jsonl.
type metrics struct {
	file *os.File
	rows int
}

// openMetrics opens the file and keeps its first rows rows, those that the checkpoint counts: a
// resumed run writes the later ones again. If the file has fewer, the run goes on with those, since
// only curves need them.
func openMetrics(path string, rows int, console *report.Console) (*metrics, error) {
	kept, err := keepRows(path, rows)
	if err != nil {
		return nil, fmt.Errorf("run: metrics: %w", err)
	}
	if kept < rows {
		console.Warn(
			"%q has %d rows of the %d that the checkpoint has seen: curves will lack the others",
			path, kept, rows,
		)
	}
	f, err := openLog(path)
	if err != nil {
		return nil, fmt.Errorf("run: metrics: %w", err)
	}
	return &metrics{f, kept}, nil
}

// keepRows cuts the file after the given number of lines, leaves out lines that are no rows, and
// returns how many are left.
func keepRows(path string, rows int) (kept int, err error) {
	text, err := ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	var whole []byte
	for line := range bytes.Lines(text) {
		if rows == 0 || !bytes.HasSuffix(line, []byte("\n")) {
			break
		}
		rows--
		if json.Unmarshal(line, new(Row)) == nil {
			whole, kept = append(whole, line...), kept+1
		}
	}
	return kept, atomicfile.Write(path, whole, 0o644)
}

func (m *metrics) write(row any) error {
	line, err := json.Marshal(row)
	if err == nil {
		_, err = m.file.Write(append(line, '\n'))
	}
	if err != nil {
		return fmt.Errorf("run: write metrics: %w", err)
	}
	m.rows++
	return nil
}
