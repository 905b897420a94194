package trainer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/google/renameio/v2"
)

// Row is one line of metrics.jsonl. Event says which fields it has: step, epoch, refresh or knn. Step counts optimizer steps done.
type Row struct {
	Event           string             `json:"event"`
	Step            int                `json:"step"`
	Epoch           int                `json:"epoch"`
	Loss            *float64           `json:"loss,omitempty"`
	Terms           map[string]float64 `json:"terms,omitempty"` // con, loc, ctr, before their weights
	LR              *float64           `json:"lr,omitempty"`
	Momentum        *float64           `json:"momentum,omitempty"`
	GradNorm        *float64           `json:"grad_norm,omitempty"`
	ImagesPerSecond float64            `json:"images_per_second,omitempty"`
	DataWait        *float64           `json:"data_wait_seconds,omitempty"`
	Accuracy        *float64           `json:"knn_accuracy,omitempty"`
	Boxes           *BoxRow            `json:"boxes,omitempty"`
}

// BoxRow sums up the boxes of ContrastiveCrop after a refresh.
type BoxRow struct {
	MeanArea   float64 `json:"mean_area"`
	FullShare  float64 `json:"full_share"`
	Movement   float64 `json:"movement"`
	Degenerate int     `json:"degenerate"`
}

// metrics appends rows to metrics.jsonl.
type metrics struct {
	file *os.File
	rows int
}

// openMetrics opens the file and keeps its first rows, those that the checkpoint has seen: a resumed run writes the later ones again.
func openMetrics(path string, rows int) (*metrics, error) {
	if err := keepRows(path, rows); err != nil {
		return nil, fmt.Errorf("trainer: metrics: %w", err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil, fmt.Errorf("trainer: metrics: %w", err)
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

func (m *metrics) write(r Row) error {
	line, err := json.Marshal(r)
	if err == nil {
		_, err = m.file.Write(append(line, '\n'))
	}
	if err != nil {
		return fmt.Errorf("trainer: write metrics: %w", err)
	}
	m.rows++
	return nil
}

// sync makes the rows as durable as the checkpoint that counts them.
func (m *metrics) sync() error { return m.file.Sync() }

func (m *metrics) close() error { return m.file.Close() }
