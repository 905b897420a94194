package curves

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"cmae/internal/report/chart"
	"cmae/internal/rundir"
)

// TestBySeeds: runs of a sweep's cells that differ in their seed are one curve.
func TestBySeeds(t *testing.T) {
	sweep := t.TempDir()
	for _, r := range []struct{ cell, seed, text string }{
		{"b", "seed-1", "seed: 1\nx: 2\n"}, {"a", "seed-1", "seed: 1\nx: 1\n"},
		{"a", "seed-2", "seed: 2\nx: 1\n"},
	} {
		run := filepath.Join(sweep, "cells", r.cell, r.seed)
		if err := os.MkdirAll(filepath.Dir(run), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(metricsFolder(t, "r", 2, false), run); err != nil {
			t.Fatal(err)
		}
		settings := filepath.Join(run, "config.yaml")
		if err := os.WriteFile(settings, []byte(r.text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	runs := runsOf(sweep)
	if len(runs) != 3 || runsOf(runs[0])[0] != runs[0] {
		t.Fatalf("runs %v", runs)
	}
	all, err := readHistories(runs)
	if err != nil {
		t.Fatal(err)
	}
	got := bySeeds(all, runs)
	if len(got) != 2 || got[0].name != "a" || len(got[0].others) != 1 || len(got[1].others) != 0 {
		t.Errorf("groups %+v", got)
	}
	if err := Plot(filepath.Join(t.TempDir(), "x.svg"), nil, sweep); err != nil {
		t.Error(err)
	}
}

func TestOverSeeds(t *testing.T) {
	run := func(values ...float64) *history {
		h := &history{perEpoch: 1}
		for i, v := range values {
			h.rows = append(h.rows, rundir.Row{Step: i + 1, Values: map[string]float64{"lr": v}})
		}
		return h
	}
	h := run(1, 2, 5)
	h.others = []*history{run(3, 2)}
	line := quantity{name: "lr"}.overSeeds(h, axisOf([]*history{h}), 0)
	want := []chart.XY{{X: 1, Y: 2}, {X: 2, Y: 2}}
	if !slices.Equal(line.Points, want) || math.Abs(line.Band[0]-math.Sqrt2) > 1e-12 ||
		line.Band[1] != 0 {
		t.Errorf("line %+v", line)
	}
	few, narrow := binned(make([]chart.XY, 400), make([]float64, 400))
	if len(few) > mostBins || len(few) != len(narrow) {
		t.Errorf("%d points, %d of the band", len(few), len(narrow))
	}
}

func TestGroupName(t *testing.T) {
	for folder, want := range map[string]string{
		"runs/a/seed-1": "a", "runs/cifar-seed2": "cifar", "runs/mae_3/": "mae", "runs/x": "x",
	} {
		if got := groupName(folder); got != want {
			t.Errorf("%s is called %s, want %s", folder, got, want)
		}
	}
}
