package ablate

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"

	"cmae/internal/summary"
)

// Table is the result of a sweep.
type Table struct {
	Name   string   `json:"name"`
	Folder string   `json:"folder"`
	Epochs int      `json:"epochs"` // of the base
	Seeds  []uint64 `json:"seeds"`
	Rows   []Row    `json:"cells"`
	Plot   string   `json:"plot,omitempty"` // a picture, once a run is done
}

// Row is one cell over its seeds. Statistics are nil until a run is done.
type Row struct {
	Cell
	Linear            *Stat     `json:"linear_probe"` // accuracies on the test images
	KNN               *Stat     `json:"knn"`
	Loss              *Stat     `json:"loss"`
	Seconds           *Stat     `json:"seconds"` // of pretraining
	DecoderParameters int       `json:"decoder_parameters"`
	EncoderParameters int       `json:"encoder_parameters"`
	StepFLOPs         int64     `json:"step_flops_per_image"` // forward and backward of a training step
	Runs              []Result  `json:"runs"`
	Failures          []Failure `json:"failures,omitempty"`
}

// Failure is why a run has no result.
type Failure struct {
	Seed   uint64 `json:"seed"`
	Reason string `json:"reason"`
}

// Stat is the mean over seeds, and their standard deviation where there are two or more (divided by their number less one).
type Stat struct {
	Mean float64  `json:"mean"`
	SD   *float64 `json:"sd,omitempty"`
}

// statOf is nil for no values.
func statOf(values []float64) *Stat {
	n := float64(len(values))
	if n == 0 {
		return nil
	}
	s := &Stat{}
	for _, v := range values {
		s.Mean += v / n
	}
	if n > 1 {
		sum := 0.0
		for _, v := range values {
			sum += (v - s.Mean) * (v - s.Mean)
		}
		sd := math.Sqrt(sum / (n - 1))
		s.SD = &sd
	}
	return s
}

// table gathers what is known so far.
func (p *plan) table() *Table {
	o := p.options
	t := &Table{Name: o.Name, Folder: o.Out, Epochs: o.Base.Train.Epochs, Seeds: o.Seeds}
	for _, c := range o.Cells {
		cost := p.costs[c.Name]
		row := Row{
			Cell: c, StepFLOPs: cost.Work.Step, Runs: []Result{},
			DecoderParameters: cost.Part(summary.Decoder).Parameters, EncoderParameters: cost.Part(summary.Encoder).Parameters,
		}
		for _, r := range p.runs {
			switch {
			case r.cell.Name != c.Name:
			case r.result != nil:
				row.Runs = append(row.Runs, *r.result)
			case r.failure != "":
				row.Failures = append(row.Failures, Failure{r.seed, r.failure})
			}
		}
		row.summarise()
		t.Rows = append(t.Rows, row)
	}
	return t
}

// summarise fills in the statistics of the runs.
func (r *Row) summarise() {
	of := func(value func(Result) float64) *Stat {
		var values []float64
		for _, run := range r.Runs {
			values = append(values, value(run))
		}
		return statOf(values)
	}
	r.Linear = of(func(r Result) float64 { return r.Linear })
	r.KNN = of(func(r Result) float64 { return r.KNN })
	r.Loss = of(func(r Result) float64 { return r.Loss })
	r.Seconds = of(func(r Result) float64 { return r.Seconds })
}

// finish writes the table with its picture.
func (p *plan) finish() (*Table, error) {
	t := p.table()
	picture, err := t.drawPNG()
	if err == nil && picture != nil {
		t.Plot = filepath.Join(t.Folder, "accuracy.png")
		err = renameio.WriteFile(t.Plot, picture, 0o644)
	}
	if err != nil {
		return nil, fmt.Errorf("ablate: write picture: %w", err)
	}
	return t, t.write()
}

// write brings the tables in the sweep's folder up to date.
func (t *Table) write() error {
	text, err := json.MarshalIndent(t, "", "  ")
	err = errors.Join(err, os.MkdirAll(t.Folder, 0o755))
	for name, content := range map[string][]byte{"table.json": append(text, '\n'), "table.md": []byte(t.Markdown()), "table.csv": t.csv()} {
		if err == nil {
			err = renameio.WriteFile(filepath.Join(t.Folder, name), content, 0o644)
		}
	}
	if err != nil {
		return fmt.Errorf("ablate: write table: %w", err)
	}
	return nil
}
