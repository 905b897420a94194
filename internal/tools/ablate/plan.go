package ablate

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"cmae/internal/config"
	"cmae/internal/dataset"
	"cmae/internal/fault"
	"cmae/internal/kernel"
	"cmae/internal/machine"
	"cmae/internal/method"
	"cmae/internal/model"
	"cmae/internal/recipe"
	"cmae/internal/rundir"
	"cmae/internal/tools/summary"
)

// plan is a sweep of which every run is known to be possible.
type plan struct {
	options Options
	runs    []*run // cell by cell, in each seed by seed
	costs   map[string]bill
}

// bill is what a cell takes, whatever the seed.
type bill struct {
	decoder, encoder int   // parameters
	epochs           int   // of pretraining
	step             int64 // FLOPs of a training step, an image
	run              int64 // FLOPs of pretraining
}

// run is one seed of a cell.
type run struct {
	cell    Cell
	seed    uint64
	config  recipe.Pretrain
	tuning  recipe.Finetune // where finetuning is an evaluator
	folder  string
	result  *Result           // nil until it is pretrained
	tunedBy map[string]string // settings of the finetuning in result
	failure string
}

// done reports whether the run has all that is asked for.
func (r *run) done(by []Evaluator) bool { return r.result != nil && r.result.evaluated(by) }

func (r *run) String() string { return fmt.Sprintf("%s, seed %d", r.cell.Name, r.seed) }

// notInNames is what a cell's name, which is a folder's, cannot hold.
var notInNames = regexp.MustCompile(`[^A-Za-z0-9+._-]+`)

const (
	cellsFolder = "cells"
	resultFile  = "result.json"
)

func newPlan(ctx context.Context, o Options) (*plan, error) {
	p := &plan{options: o, costs: map[string]bill{}}
	if err := free(o.Out); err != nil {
		return nil, err
	}
	if _, err := tuning(o.Base, o.Finetune); err != nil && slices.Contains(o.Evaluators, Finetune) {
		return nil, err // that names the file
	}
	names, sizes := map[string]bool{}, &sizes{o, map[string]images{}}
	for _, c := range o.Cells {
		key := strings.ToLower(c.Name) // folders may not tell case apart
		if c.Name == "" || strings.HasPrefix(c.Name, ".") || notInNames.MatchString(c.Name) {
			return nil, &config.Error{
				Where: fmt.Sprintf("cell %q", c.Name),
				Problem: "a name is made of letters, digits and + . _ -, and does not begin with " +
					"a dot",
			}
		}
		if names[key] {
			return nil, &config.Error{
				Where: fmt.Sprintf("cell %q", c.Name), Problem: "there are two cells of this name",
			}
		}
		names[key] = true
		if err := p.add(ctx, c, sizes); err != nil {
			return nil, at(fmt.Sprintf("cell %q", c.Name), err)
		}
	}
	if len(p.runs) == 0 {
		return nil, &config.Error{Problem: "no cells to run"}
	}
	return p, nil
}

// free refuses a folder that holds something and no sweep: tables would replace what is there.
func free(folder string) error {
	entries, err := os.ReadDir(folder)
	if errors.Is(err, os.ErrNotExist) || err == nil && len(entries) == 0 {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%w: --out: %w", fault.Usage, err)
	}
	for _, name := range []string{cellsFolder, tableFile} {
		if _, err := os.Stat(filepath.Join(folder, name)); err == nil {
			return nil
		}
	}
	return fmt.Errorf(
		"%w: folder %q exists and holds no sweep; name another with --out", fault.Usage, folder,
	)
}

// add checks a cell and appends its runs.
func (p *plan) add(ctx context.Context, cell Cell, s *sizes) error {
	c, err := cell.settings(p.options.Base)
	if err != nil {
		return err
	}
	data, err := s.of(ctx, c)
	if err != nil {
		return err
	}
	if err := fits(c, data); err != nil {
		return err
	}
	if p.costs[cell.Name], err = billOf(c, data); err != nil {
		return err
	}
	seen := map[uint64]bool{}
	for _, seed := range p.options.Seeds {
		if seen[seed] {
			return &config.Error{Key: "seed", Problem: fmt.Sprintf("%d is given twice", seed)}
		}
		seen[seed] = true
		r, err := p.newRun(cell, c, seed, data)
		if err != nil {
			return err
		}
		p.runs = append(p.runs, r)
	}
	return nil
}

// fits checks a recipe against the data, and, since no engine is open yet, against the memory of
// this machine.
func fits(c recipe.Pretrain, data images) error {
	err := method.All().CheckData(c, data.side, data.images)
	if err == nil {
		err = method.All().Fits(c.At(data.side).Of(data.images), machine.MostMemory())
	}
	return config.Invalid(err)
}

// tuningFits is fits for finetuning.
func tuningFits(c recipe.Finetune, data images) error {
	err := c.ValidateData(data.side, data.images)
	if err == nil {
		err = c.Fits(data.side, machine.MostMemory())
	}
	return config.Invalid(err)
}

// settings are the base with what the cell sets. Settings that all cells share are refused.
func (c Cell) settings(base recipe.Pretrain) (recipe.Pretrain, error) {
	own := false // the cell has its method's own settings
	for _, set := range c.Set {
		switch key, _, _ := strings.Cut(set, "="); strings.TrimSpace(key) {
		case "seed":
			return base, &config.Error{
				Key: "seed", Problem: "is the same in all cells; give seeds with --seeds",
			}
		case "data.holdout":
			return base, &config.Error{
				Key: "data.holdout",
				Problem: "is the same in all cells, which are evaluated on the same images; set " +
					"it for all",
			}
		case "method":
			own = true
		}
	}
	changed, err := method.Load(base, config.Source{Set: c.Set})
	var e *config.Error
	if own && errors.As(err, &e) {
		err = &config.Error{
			Where: e.Where, Key: e.Key,
			Problem: e.Problem + " (a cell that sets method has that method's own settings, " +
				"which its own set may change)",
			Err: err,
		}
	}
	return changed, err
}

// newRun is one seed of a cell, with what an earlier session did of it.
func (p *plan) newRun(cell Cell, c recipe.Pretrain, seed uint64, data images) (*run, error) {
	c = config.Anywhere(c)
	c.Seed = seed
	r := &run{
		cell: cell, seed: seed, config: c,
		folder: filepath.Join(p.options.Out, cellsFolder, cell.Name, fmt.Sprintf("seed-%d", seed)),
	}
	if slices.Contains(p.options.Evaluators, Finetune) {
		if err := r.planTuning(p.options.Finetune, data); err != nil {
			return nil, err
		}
	}
	return r, r.find(p.options.Evaluators)
}

// billOf counts what a cell's pretraining computes: its steps, and the passes over all images that
// find the boxes of ContrastiveCrop.
func billOf(c recipe.Pretrain, data images) (bill, error) {
	s, err := summary.At(method.Of(c), c.At(data.side), kernel.F32)
	if err != nil {
		return bill{}, err
	}
	seen := int64(data.images / c.Train.BatchSize * c.Train.BatchSize * c.Train.Epochs)
	looks := int64(data.images * len(c.Crop.RefreshEpochs(c.Train.Epochs)))
	return bill{
		decoder: s.Part(model.DecoderPart().Name).Parameters,
		encoder: s.Part(summary.Encoder).Parameters,
		epochs:  c.Train.Epochs,
		step:    s.Work.Step, run: seen*s.Work.Step + looks*s.Work.Encode,
	}, nil
}

// planTuning checks the settings of the run's finetuning.
func (r *run) planTuning(file string, data images) (err error) {
	if r.tuning, err = tuning(r.config, file); err == nil {
		err = tuningFits(r.tuning, data)
	}
	if err != nil {
		return at("finetune", err)
	}
	return at("finetune", begun(r.tuned(), recipe.LoadFinetune, r.tuning, rundir.MayChange))
}

// at says in an error about settings where they are; nil stays nil.
func at(place string, err error) error {
	var e *config.Error
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &e):
		return fmt.Errorf("%s: %w", place, err)
	case e.Where == string(Finetune):
		place += ", " + e.Where
	}
	return &config.Error{Where: place, Key: e.Key, Problem: e.Problem, Err: err}
}

// images are what a data section gives.
type images struct{ side, images int }

// sizes are the images of each data section, opened once.
type sizes struct {
	options Options
	known   map[string]images
}

func (s *sizes) of(ctx context.Context, c recipe.Pretrain) (images, error) {
	key := fmt.Sprintf("%+v", c.Data)
	if known, ok := s.known[key]; ok {
		return known, nil
	}
	data, err := dataset.OpenWithConsole(ctx, c.Data, c.Seed, s.options.Console)
	if err != nil {
		return images{}, err
	}
	if err := data.CheckEvaluation(); err != nil {
		return images{}, err
	}
	side, err := data.Side()
	if err != nil {
		return images{}, err
	}
	s.known[key] = images{side, data.Train.Len()}
	return s.known[key], nil
}
