// Package ablate runs a sweep: one configuration changed in a few settings, cell by cell and seed by seed, each pretrained and judged the
// same way, and shows what each change was worth and what it cost.
//
// Every run of a sweep is an ordinary run folder, OUT/cells/CELL/seed-N, and its finetuning one inside it. A sweep that was stopped goes on
// where it was: result.json holds what was measured of a run, a run with a checkpoint resumes. Runs of one seed see the same images in the
// same order and start from the same encoder, whatever their cell, for both follow from the seed and nothing else.
//
// Read ablate.go (the sweep), cells.go (the usual ones), grid.go (one's own), plan.go (checks before anything runs),
// earlier.go (what an earlier session did), run.go (one run), judges.go (what is measured of it), result.go, table.go, markdown.go, csv.go, plot.go.
package ablate

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"cmae/internal/report"
	"cmae/internal/trainer"
)

// Cell is one line of the table: what it is called and which settings it changes, as in --set.
type Cell struct {
	Name string   `json:"name"`
	Set  []string `json:"set"`
}

// Options say what to sweep.
type Options struct {
	Name     string // of the sweep, for its title
	Base     trainer.Config
	Cells    []Cell
	Seeds    []uint64 // none means the base's own
	Judges   []Judge  // none means linear probe and kNN
	Finetune string   // file with settings of finetuning, over a short recipe; may be empty
	Out      string   // folder
	Console  *report.Console
	Tool     string // name and version, for manifests
}

// Failed is the error of a sweep that went to its end although runs failed. The table has their reasons.
type Failed struct{ Runs []string }

func (e *Failed) Error() string {
	return fmt.Sprintf("ablate: failed: %s; the table has the reasons; the same command tries them again", strings.Join(e.Runs, "; "))
}

// Run does what is left of a sweep and writes the table after every run: table.md, table.csv and table.json in Out, and at the end accuracy.png. Before
// anything runs, every cell is checked, and one that cannot run is a *config.Error that names it and the key. A run that fails is noted in
// the table and the sweep goes on; the error at the end is then a *Failed. When ctx ends, the run in progress saves a checkpoint and its
// error is returned. The table comes with every error that a run gave.
func Run(ctx context.Context, o Options) (*Table, error) {
	if len(o.Seeds) == 0 {
		o.Seeds = []uint64{o.Base.Seed}
	}
	if len(o.Judges) == 0 {
		o.Judges = usual()
	}
	p, err := newPlan(ctx, o)
	if err != nil {
		return nil, err
	}
	var failed []string
	for i, r := range p.runs {
		if r.result != nil && r.result.judged(o.Judges) {
			o.Console.Log("%d/%d %s: done before", i+1, len(p.runs), r)
			continue
		}
		o.Console.Log("%d/%d %s", i+1, len(p.runs), r)
		err := r.do(ctx, o)
		if ctx.Err() != nil && err != nil {
			table, writeErr := p.finish()
			return table, errors.Join(fmt.Errorf("ablate: %s: %w; the same command goes on with the sweep", r, err), writeErr)
		}
		if err != nil {
			o.Console.Warn("%s failed: %v", r, err)
			r.failure = err.Error()
			failed = append(failed, r.String())
		}
		if err := p.table().write(); err != nil {
			return nil, err
		}
	}
	table, err := p.finish()
	if err == nil && len(failed) > 0 {
		err = &Failed{failed}
	}
	return table, err
}
