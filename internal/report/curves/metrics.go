package curves

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"cmae/internal/config"
	"cmae/internal/dataset"
	"cmae/internal/rundir"
)

// history is the metrics of a run.
type history struct {
	name     string
	rows     []rundir.Row
	perEpoch float64    // optimizer steps of an epoch; 0 until the first is over
	others   []*history // runs that differ from this one in their seed
}

// readHistory reads metrics.jsonl of a run folder, which must have a row.
func readHistory(run string) (*history, error) {
	h, err := parse(run)
	if err == nil && len(h.rows) == 0 {
		err = &config.Error{Where: run, Problem: "has no metrics yet"}
	}
	return h, err
}

// parse reads metrics.jsonl of a run folder. A last line that is still being written is left out.
func parse(run string) (*history, error) {
	path := filepath.Join(run, rundir.MetricsFile)
	text, err := rundir.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, &config.Error{Where: run, Problem: "is no run folder: it has no metrics.jsonl"}
	}
	if err != nil {
		return nil, fmt.Errorf("curves: read metrics: %w", err)
	}
	h := &history{name: rundir.Name(run)}
	lines := bytes.Split(text, []byte("\n"))
	for i, line := range lines[:len(lines)-1] {
		var row rundir.Row
		if err := json.Unmarshal(line, &row); err != nil {
			return nil, &dataset.Error{
				Path: fmt.Sprintf("%s:%d", path, i+1),
				Err:  fmt.Errorf("is no row of metrics: %w", err),
			}
		}
		h.rows = append(h.rows, row)
		if row.Event == rundir.EpochEvent && h.perEpoch == 0 {
			h.perEpoch = float64(row.Step) / float64(row.Epoch+1)
		}
	}
	return h, nil
}

// Read is the rows of metrics of a run, which may be none.
func Read(run string) ([]rundir.Row, error) {
	h, err := parse(run)
	if err != nil {
		return nil, err
	}
	return h.rows, nil
}

// readHistories reads several runs and gives each another name.
func readHistories(folders []string) ([]*history, error) {
	var all []*history
	count := map[string]int{}
	for _, run := range folders {
		h, err := readHistory(run)
		if err != nil {
			return nil, err
		}
		all = append(all, h)
		count[h.name]++
	}
	short := withoutCommon(folders)
	for i, h := range all {
		if count[h.name] > 1 {
			h.name = short[i]
		}
	}
	return all, nil
}
