package ablate

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"cmae/internal/config"
	"cmae/internal/kernel"
	"cmae/internal/summary"
	"cmae/internal/trainer"
)

// plan is a sweep of which every run is known to be possible.
type plan struct {
	options Options
	runs    []*run // cell by cell, in each seed by seed
	costs   map[string]*summary.Summary
}

// run is one seed of a cell.
type run struct {
	cell    Cell
	seed    uint64
	config  trainer.Config
	folder  string
	cost    *summary.Summary
	result  *Result // nil until it is done
	failure string
}

func (r *run) String() string { return fmt.Sprintf("%s, seed %d", r.cell.Name, r.seed) }

// notInNames is what a cell's name, which is a folder's, cannot hold.
var notInNames = regexp.MustCompile(`[^A-Za-z0-9+._-]+`)

const resultFile = "result.json"

func newPlan(ctx context.Context, o Options) (*plan, error) {
	p := &plan{options: o, costs: map[string]*summary.Summary{}}
	names, sizes := map[string]bool{}, newSizes(o)
	for _, c := range o.Cells {
		key := strings.ToLower(c.Name) // folders may not tell case apart
		if c.Name == "" || strings.HasPrefix(c.Name, ".") || notInNames.MatchString(c.Name) {
			return nil, &config.Error{Where: fmt.Sprintf("cell %q", c.Name), Problem: "a name is made of letters, digits and + . _ -, and does not begin with a dot"}
		}
		if names[key] {
			return nil, &config.Error{Where: fmt.Sprintf("cell %q", c.Name), Problem: "there are two cells of this name"}
		}
		names[key] = true
		if err := p.add(ctx, c, sizes); err != nil {
			return nil, inCell(c.Name, err)
		}
	}
	if len(p.runs) == 0 {
		return nil, &config.Error{Problem: "no cells to run"}
	}
	return p, nil
}

// add checks a cell and appends its runs.
func (p *plan) add(ctx context.Context, cell Cell, s *sizes) error {
	c := p.options.Base
	for _, set := range cell.Set {
		if key, _, _ := strings.Cut(set, "="); strings.TrimSpace(key) == "seed" {
			return &config.Error{Key: "seed", Problem: "is the same in all cells; give seeds with --seeds"}
		}
	}
	if err := config.Load(&c, config.Source{Set: cell.Set}); err != nil {
		return err
	}
	side, images, err := s.of(ctx, c)
	if err != nil {
		return err
	}
	if err := config.Invalid(c.ValidateData(side, images)); err != nil {
		return err
	}
	cost, err := summary.At(c, side, kernel.F32)
	if err != nil {
		return err
	}
	p.costs[cell.Name] = cost
	seen := map[uint64]bool{}
	for _, seed := range p.options.Seeds {
		if seen[seed] {
			return &config.Error{Key: "seed", Problem: fmt.Sprintf("%d is given twice", seed)}
		}
		seen[seed] = true
		c.Seed = seed
		r := &run{cell: cell, seed: seed, config: c, cost: cost, folder: filepath.Join(p.options.Out, "cells", cell.Name, fmt.Sprintf("seed-%d", seed))}
		if err := r.find(); err != nil {
			return err
		}
		p.runs = append(p.runs, r)
	}
	return nil
}

// mayChange are the settings that do not change what a run computes, and so need not be those of an earlier session.
var mayChange = []string{"loader", "threads", "data.workers", "data.cache_dir", "train.checkpoint_every", "train.keep_last"}

// find looks for what an earlier session did of the run, and refuses what was done with other settings.
func (r *run) find() error {
	done, err := readResult(filepath.Join(r.folder, resultFile))
	if err != nil {
		return err
	}
	if done != nil {
		r.result = &done.Result
		return r.same(done.Settings, mayChange)
	}
	text, err := os.ReadFile(filepath.Join(r.folder, "config.yaml"))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("ablate: settings of an earlier session: %w", err)
	}
	begun, err := trainer.LoadConfig(filepath.Join(r.folder, "config.yaml"), text)
	if err != nil {
		return err
	}
	return r.same(settings(begun), append([]string{"probe"}, mayChange...))
}

// same refuses settings that differ from those of an earlier session. Keys that did not exist then are passed over.
func (r *run) same(before map[string]string, ignore []string) error {
	for _, k := range config.Keys(r.config) {
		old, ok := before[k.Path]
		if !ok || old == k.Default || within(k.Path, ignore) {
			continue
		}
		return &config.Error{Key: k.Path, Problem: fmt.Sprintf("is %s, and was %s when %q began; leave it as it was, or give another folder with --out", k.Default, old, r.folder)}
	}
	return nil
}

// within reports whether a key is one of keys or lies in a section among them.
func within(path string, keys []string) bool {
	for _, k := range keys {
		if path == k || strings.HasPrefix(path, k+".") {
			return true
		}
	}
	return false
}

// settings are all settings as text, by key.
func settings(c trainer.Config) map[string]string {
	m := map[string]string{}
	for _, k := range config.Keys(c) {
		m[k.Path] = k.Default
	}
	return m
}

// inCell names the cell in an error.
func inCell(name string, err error) error {
	var e *config.Error
	if errors.As(err, &e) {
		return &config.Error{Where: fmt.Sprintf("cell %q", name), Key: e.Key, Problem: e.Problem, Err: err}
	}
	return fmt.Errorf("cell %q: %w", name, err)
}

// sizes are the side and number of the images of each data section, opened once.
type sizes struct {
	options Options
	known   map[string][2]int
}

func newSizes(o Options) *sizes { return &sizes{o, map[string][2]int{}} }

func (s *sizes) of(ctx context.Context, c trainer.Config) (side, images int, err error) {
	key := fmt.Sprintf("%+v", c.Data)
	if known, ok := s.known[key]; ok {
		return known[0], known[1], nil
	}
	data, err := trainer.OpenData(ctx, c, s.options.Console)
	if err != nil {
		return 0, 0, err
	}
	if side, err = data.Side(); err != nil {
		return 0, 0, config.Invalid(err)
	}
	s.known[key] = [2]int{side, data.Train.Len()}
	return side, data.Train.Len(), nil
}
