package ablate

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"gonum.org/v1/gonum/stat"

	"cmae/internal/atomicfile"
	"cmae/internal/rundir"
)

// Table is the result of a sweep.
type Table struct {
	Name       string      `json:"name"`
	Folder     string      `json:"folder"`
	Seeds      []uint64    `json:"seeds"`
	Evaluators []Evaluator `json:"judges"`
	// training images evaluated on in place of the test images
	Holdout int    `json:"holdout,omitempty"`
	Rows    []Row  `json:"cells"`
	Plot    string `json:"plot,omitempty"` // a picture, once a run is evaluated
}

// Row is one cell over its seeds. Statistics are nil until a run has them.
type Row struct {
	Cell
	Accuracy map[Evaluator]*Stat `json:"accuracy"` // see Table.Holdout
	Loss     *Stat               `json:"loss"`
	Seconds  *Stat               `json:"seconds"` // of pretraining
	Epochs   int                 `json:"epochs"`  // likewise
	// forward and backward of a training step
	StepFLOPs int64 `json:"step_flops_per_image"`
	// of pretraining: all steps, and ContrastiveCrop's passes over all images
	RunFLOPs int64 `json:"run_flops"`
	// mean share of an image that ContrastiveCrop's boxes cover in the end
	BoxArea           *Stat     `json:"box_area,omitempty"`
	DecoderParameters int       `json:"decoder_parameters"`
	EncoderParameters int       `json:"encoder_parameters"`
	Runs              []Result  `json:"runs"`
	Failures          []Failure `json:"failures,omitempty"`
	Left              int       `json:"left,omitempty"` // seeds neither evaluated nor failed
}

// Failure is why a run has no result, or lacks an evaluator's part of it.
type Failure struct {
	Seed   uint64 `json:"seed"`
	Reason string `json:"reason"`
}

// Stat is the mean over seeds, and their standard deviation where there are two or more (divided by
// their number less one).
type Stat struct {
	Mean  float64  `json:"mean"`
	SD    *float64 `json:"sd,omitempty"`
	Seeds int      `json:"seeds"`
}

// statOf is nil for no values.
func statOf(values []float64) *Stat {
	if len(values) == 0 {
		return nil
	}
	mean, sd := stat.MeanStdDev(values, nil)
	s := &Stat{Mean: mean, Seeds: len(values)}
	if len(values) > 1 { // of one value sd is NaN
		s.SD = &sd
	}
	return s
}

// count is the number of seeds, 0 where there is no statistic.
func (s *Stat) count() int {
	if s == nil {
		return 0
	}
	return s.Seeds
}

// deviation is 0 where there is one value only.
func (s *Stat) deviation() float64 {
	if s.SD == nil {
		return 0
	}
	return *s.SD
}

// table gathers what is known so far, other processes' results included.
func (p *plan) table() (*Table, error) {
	o := p.options
	for _, r := range p.runs {
		if err := r.reread(); err != nil {
			return nil, err
		}
	}
	t := &Table{
		Name: o.Name, Folder: o.Out, Seeds: o.Seeds, Evaluators: o.Evaluators,
		Holdout: o.Base.Data.Holdout,
	}
	for _, c := range o.Cells {
		cost := p.costs[c.Name]
		row := Row{
			Cell: c, Epochs: cost.epochs, StepFLOPs: cost.step, RunFLOPs: cost.run,
			DecoderParameters: cost.decoder, EncoderParameters: cost.encoder,
			Runs: []Result{},
		}
		for _, r := range p.runs {
			if r.cell.Name == c.Name {
				row.add(r, o.Evaluators)
			}
		}
		row.summarise(o.Evaluators)
		t.Rows = append(t.Rows, row)
	}
	return t, nil
}

// add takes in what is known of a run.
func (r *Row) add(run *run, by []Evaluator) {
	if run.result != nil {
		r.Runs = append(r.Runs, *run.result)
	}
	switch {
	case run.failure != "":
		r.Failures = append(r.Failures, Failure{run.seed, run.failure})
	case run.result == nil || !run.result.evaluated(by):
		r.Left++
	}
}

// summarise fills in the statistics of the runs.
func (r *Row) summarise(by []Evaluator) {
	var losses, seconds, areas []float64
	for _, run := range r.Runs {
		losses, seconds = append(losses, run.Loss), append(seconds, run.Seconds)
		if run.BoxArea != nil {
			areas = append(areas, *run.BoxArea)
		}
	}
	r.Loss, r.Seconds, r.BoxArea = statOf(losses), statOf(seconds), statOf(areas)
	r.Accuracy = map[Evaluator]*Stat{}
	for _, e := range by {
		var values []float64
		for _, run := range r.Runs {
			if v, ok := run.Accuracy[e]; ok {
				values = append(values, v)
			}
		}
		if len(values) > 0 {
			r.Accuracy[e] = statOf(values)
		}
	}
}

// evaluatedOn says which images the accuracies are of.
func (t *Table) evaluatedOn() string {
	if t.Holdout > 0 {
		return "held-out training images (data.holdout)"
	}
	return "the test images"
}

// scope says in a few words what the cells of a picture share, and what it lacks.
func (t *Table) scope(evaluated []Row) string {
	least, most := evaluated[0].Epochs, evaluated[0].Epochs
	fewest, all := len(t.Seeds), len(t.Seeds)
	for _, r := range evaluated {
		least, most = min(least, r.Epochs), max(most, r.Epochs)
		for _, e := range t.Evaluators {
			fewest = min(fewest, r.Accuracy[e].count())
		}
	}
	text := fmt.Sprintf("%d epochs", most)
	if least < most {
		text = fmt.Sprintf("%d to %s", least, text)
	}
	if t.Holdout > 0 {
		text += "; held-out images"
	}
	switch {
	case all == 1:
		text += "; 1 seed"
	case fewest == all:
		text += fmt.Sprintf("; mean ± standard deviation of %d seeds", all)
	default:
		text += fmt.Sprintf("; mean ± standard deviation of %d to %d of %d seeds", fewest, all, all)
	}
	if missing := len(t.Rows) - len(evaluated); missing > 0 {
		text += fmt.Sprintf("; %d of %d cells have no result", missing, len(t.Rows))
	}
	return text
}

// finish writes the table with its picture and its page.
func (p *plan) finish() (*Table, error) {
	t, err := p.table()
	if err != nil {
		return nil, err
	}
	picture, err := t.drawPNG()
	if err == nil && picture != nil {
		t.Plot = filepath.Join(t.Folder, "accuracy.png")
		err = atomicfile.Write(t.Plot, picture, 0o644)
	}
	if err != nil {
		return nil, fmt.Errorf("ablate: write picture: %w", err)
	}
	page := filepath.Join(t.Folder, rundir.ReportFile)
	return t, errors.Join(t.write(), t.writePage(page, p.options.Tool))
}

// write brings the tables in the sweep's folder up to date.
func (p *plan) write() error {
	t, err := p.table()
	if err != nil {
		return err
	}
	return t.write()
}

func (t *Table) write() error {
	text, err := json.MarshalIndent(t, "", "  ")
	err = errors.Join(err, os.MkdirAll(t.Folder, 0o755))
	for name, content := range map[string][]byte{
		tableFile: append(text, '\n'), "table.md": []byte(t.Markdown()), "table.csv": t.csv(),
		"table.tex": t.tex(),
	} {
		if err == nil {
			err = atomicfile.Write(filepath.Join(t.Folder, name), content, 0o644)
		}
	}
	if err != nil {
		return fmt.Errorf("ablate: write table: %w", err)
	}
	return nil
}
