package runs

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/google/renameio/v2"
)

// metrics appends rows to metrics.jsonl.
type metrics struct {
	file *os.File
	rows int
}

// openMetrics opens the file and keeps its first rows, those that the checkpoint has seen: a resumed run writes the later ones again.
func openMetrics(path string, rows int) (*metrics, error) {
	if err := keepRows(path, rows); err != nil {
		return nil, fmt.Errorf("run: metrics: %w", err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil, fmt.Errorf("run: metrics: %w", err)
	}
	return &metrics{f, rows}, nil
}

func keepRows(path string, rows int) error {
	text, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) && rows == 0 {
		return nil
	}
	if err != nil {
		return err
	}
	end := 0
	for range rows {
		n := bytes.IndexByte(text[end:], '\n')
		if n < 0 {
			return fmt.Errorf("%q has fewer rows than the %d of the checkpoint", path, rows)
		}
		end += n + 1
	}
	return renameio.WriteFile(path, text[:end], 0o644)
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
