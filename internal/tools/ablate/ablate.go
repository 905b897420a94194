// Package ablate runs a sweep: one configuration changed in a few settings, cell by cell and seed
// by seed, each pretrained and evaluated the same way, and shows what each change was worth and
// what it cost.
//
// Every run of a sweep is an ordinary run folder, OUT/cells/CELL/seed-N, and its finetuning one
// inside it. A sweep that was stopped goes on where it was: result.json holds what was measured of
// a run, a run with a checkpoint resumes. Runs of one seed see the same images in the same order
// and start from the same encoder, whatever their cell, for both follow from the seed and nothing
// else. Several processes may work at one sweep: each run is locked by the file seed-N.lock, and
// whoever writes the table last has all results.
//
// Read ablate.go (the sweep), cells.go (the usual ones), grid.go (one's own), plan.go (checks
// before anything runs), earlier.go (what an earlier session did), run.go (one run), evaluators.go
// (what is measured of it), result.go, table.go, compare.go (differences between cells),
// markdown.go, csv.go, tex.go, swept.go and plot.go, report.go (a page).
package ablate

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"cmae/internal/fault"
	"cmae/internal/recipe"
	"cmae/internal/report"
	"cmae/internal/rundir"
)

// Cell is one line of the table: what it is called and which settings it changes, as in --set.
type Cell struct {
	Name string   `json:"name"`
	Set  []string `json:"set"`
}

// Options say what to sweep.
type Options struct {
	Name       string // of the sweep, for its title
	Base       recipe.Pretrain
	Cells      []Cell
	Seeds      []uint64    // none means the base's own
	Evaluators []Evaluator // none means linear probe and kNN
	Finetune   string      // file with settings of finetuning, over a short recipe; may be empty
	Out        string      // folder
	Console    *report.Console
	Tool       string // name and version, for manifests
}

// Failed is the error of a sweep that went to its end although runs failed. The table has their
// reasons.
type Failed struct{ Runs []string }

func (e *Failed) Error() string {
	return fmt.Sprintf(
		"ablate: failed: %s; the table has the reasons; the same command tries them again",
		strings.Join(e.Runs, "; "),
	)
}

// Run does what is left of a sweep, but for runs that another process is at, and writes the table
// after every run: table.md, table.csv, table.tex and table.json in Out, and at the end
// accuracy.png and report.html. Before anything runs, every cell is checked, and one that cannot
// run is a *config.Error that names it and the key. A run that fails is noted in the table and the
// sweep goes on; the error at the end is then a *Failed. When ctx ends, the run in progress saves a
// checkpoint and its error is returned. The table comes with every error that a run gave.
func Run(ctx context.Context, o Options) (*Table, error) {
	if len(o.Seeds) == 0 {
		o.Seeds = []uint64{o.Base.Seed}
	}
	if len(o.Evaluators) == 0 {
		o.Evaluators = usual()
	}
	if err := o.folderIsOurs(); err != nil {
		return nil, err
	}
	p, err := newPlan(ctx, o)
	if err != nil {
		return nil, err
	}
	for i, r := range p.runs {
		if r.done(o.Evaluators) {
			o.Console.Log("%d/%d %s: done before", i+1, len(p.runs), r)
		}
	}
	for worked := true; worked && err == nil; {
		worked, err = p.pass(ctx)
	}
	table, writeErr := p.finish()
	if left := p.unfinished(); err == nil && len(left) > 0 {
		o.Console.Warn(
			"%s of %d left to other processes and unfinished: %s; the process that ends last "+
				"writes the whole table, this one exits as if they were done",
			report.Count(len(left), "run"), len(p.runs), strings.Join(left, "; "),
		)
	}
	switch failed := p.failed(); {
	case ctx.Err() != nil && err != nil:
		err = fmt.Errorf("ablate: %w; the same command goes on with the sweep", err)
	case err == nil && len(failed) > 0:
		err = &Failed{failed}
	}
	return table, errors.Join(err, writeErr)
}

// folderIsOurs refuses the folder of a run, or of a sweep of another name, whose page and table
// this one would replace.
func (o Options) folderIsOurs() error {
	holds := ""
	if rundir.Folder(o.Out).Begun() {
		holds = "a run"
	} else if IsSweep(o.Out) {
		if t, err := readTable(o.Out); err == nil && t.Name != o.Name {
			holds = "the sweep " + t.Name
		}
	}
	if holds == "" {
		return nil
	}
	return fmt.Errorf(
		"%w: folder %q holds %s; name another with --out", fault.Usage, o.Out, holds,
	)
}

// pass goes through the sweep once and does the runs that nobody has done or is doing. worked:
// there was one, and while it took its time others may have come free, left by a process that was
// stopped.
func (p *plan) pass(ctx context.Context) (worked bool, err error) {
	o, done, start := p.options, 0, time.Now()
	for i, r := range p.runs {
		if r.failure != "" || r.done(o.Evaluators) {
			continue
		}
		o.Console.Log("%d/%d %s%s", i+1, len(p.runs), r, p.left(done, time.Since(start)))
		err := r.do(ctx, o)
		done++
		switch {
		case ctx.Err() != nil && err != nil:
			return worked, fmt.Errorf("%s: %w", r, err)
		case errors.Is(err, rundir.ErrHeld):
			o.Console.Log("%s is left to the process that is at it", r)
			continue
		case err != nil:
			o.Console.Warn("%s failed: %v", r, err)
			r.failure = strings.ReplaceAll(err.Error(), r.folder+string(filepath.Separator), "")
		}
		worked = true
		if err := p.write(); err != nil {
			return worked, err
		}
	}
	return worked, nil
}

// unfinished are the runs without a result that have not failed: those still to do, or that another
// process is at.
func (p *plan) unfinished() (names []string) {
	for _, r := range p.runs {
		if r.failure == "" && !r.done(p.options.Evaluators) {
			names = append(names, r.String())
		}
	}
	return names
}

// left says about how long the rest takes, where so many runs of this pass took so long.
func (p *plan) left(done int, took time.Duration) string {
	if done == 0 {
		return ""
	}
	left := took / time.Duration(done) * time.Duration(len(p.unfinished()))
	return fmt.Sprintf("; the rest in about %s", left.Round(time.Second))
}

// failed are the runs that lack a result, or an evaluator's part of it, for a reason.
func (p *plan) failed() (names []string) {
	for _, r := range p.runs {
		if r.failure != "" {
			names = append(names, r.String())
		}
	}
	return names
}
