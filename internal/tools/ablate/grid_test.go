package ablate

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cmae/internal/config"
	"cmae/internal/method"
)

func writeGrid(t *testing.T, text string) string {
	path := filepath.Join(t.TempDir(), "grid.yaml")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestGrid(t *testing.T) {
	t.Chdir("../../..") // from where its paths count
	g, err := ReadGrid(writeGrid(t, `
base: configs/demo.yaml
set: [train.epochs=5]
seeds: [3, 4]
evaluate: [knn, finetune]
finetune: configs/mini/vit-finetune.yaml
axes:
  - {name: tau, key: contrast.tau, values: [.1, 0.2], names: [sharp, tau-0.2]}
  - {key: decoder.hybrid_at, values: [[0], [0, 1]]}
cells:
  - {name: a, set: [decoder.depth=2]}
  - {name: b}
`))
	if err != nil {
		t.Fatal(err)
	}
	want := &Grid{
		Base: "configs/demo.yaml", Set: []string{"train.epochs=5"}, Seeds: []uint64{3, 4},
		Evaluators: []string{"knn", "finetune"}, Finetune: "configs/mini/vit-finetune.yaml",
	}
	want.Cells = []Cell{
		{
			"a_sharp_hybrid_at-0",
			[]string{"decoder.depth=2", "contrast.tau=.1", "decoder.hybrid_at=[0]"},
		},
		{
			"a_sharp_hybrid_at-0-1",
			[]string{"decoder.depth=2", "contrast.tau=.1", "decoder.hybrid_at=[0, 1]"},
		},
		{
			"a_tau-0.2_hybrid_at-0",
			[]string{"decoder.depth=2", "contrast.tau=0.2", "decoder.hybrid_at=[0]"},
		},
		{
			"a_tau-0.2_hybrid_at-0-1",
			[]string{"decoder.depth=2", "contrast.tau=0.2", "decoder.hybrid_at=[0, 1]"},
		},
		{"b_sharp_hybrid_at-0", []string{"contrast.tau=.1", "decoder.hybrid_at=[0]"}},
		{"b_sharp_hybrid_at-0-1", []string{"contrast.tau=.1", "decoder.hybrid_at=[0, 1]"}},
		{"b_tau-0.2_hybrid_at-0", []string{"contrast.tau=0.2", "decoder.hybrid_at=[0]"}},
		{"b_tau-0.2_hybrid_at-0-1", []string{"contrast.tau=0.2", "decoder.hybrid_at=[0, 1]"}},
	}
	if diff := cmp.Diff(want, g); diff != "" {
		t.Error(diff)
	}
}

// TestFormerKeyOfEvaluate: judge is what evaluate was called.
func TestFormerKeyOfEvaluate(t *testing.T) {
	g, err := ReadGrid(writeGrid(t, "judge: [knn]\ncells:\n  - {name: a}\n"))
	if err != nil || len(g.Evaluators) != 1 || g.Evaluators[0] != "knn" {
		t.Errorf("%v: %+v", err, g)
	}
}

func TestGridRefusals(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"empty", "", "has neither axes nor cells"},
		{
			"both names", "cells:\n  - {name: a}\njudge: [knn]\nevaluate: [knn]\n",
			"judge: this is what evaluate was called",
		},
		{
			"unknown key", "cells:\n  - {name: a}\naxis: []\n",
			`grid.yaml:3: unknown key "axis"; here belong base, set, seeds, evaluate, finetune, ` +
				`axes, cells`,
		},
		{
			"unknown key of a cell", "cells:\n  - {name: a, sets: []}\n",
			`grid.yaml:2: unknown key "sets"; here belong name, set`,
		},
		{
			"text for a list", "cells:\n  - {name: a}\nset: train.epochs=5\n",
			"grid.yaml:3: str train.e... found where a list belongs",
		},
		{"list for a text", "base: [a]\n", "grid.yaml:1: seq found where a text belongs"},
		{
			"not a mapping", "- a\n",
			"grid.yaml:1: seq found where keys: base, set, seeds, evaluate, finetune, axes, " +
				"cells belongs",
		},
		{
			"key twice", "base: a\nbase: b\n",
			`grid.yaml:2: mapping key "base" already defined at line 1`,
		},
		{"no name", "cells:\n  - {set: []}\n", "cell 1 has no name"},
		{"no key", "axes:\n  - {name: tau, values: [1]}\n", "axis 1 has no key"},
		{
			"seed of words", "seeds: [one]\n",
			"grid.yaml:1: str one found where a whole number belongs",
		},
		{
			"names for some", "axes:\n  - {key: contrast.tau, values: [.1, .2], names: [a]}\n",
			"contrast.tau: this axis has 1 names for 2 values",
		},
		{"no values", "axes:\n  - {key: contrast.tau}\n", "contrast.tau: this axis has no values"},
		{"not YAML", "cells: [\n", "grid.yaml"},
		{
			"no such base", "base: none.yaml\naxes:\n" + axis("a.b"),
			`grid.yaml: base: "none.yaml" cannot be read; a path in this file counts from the ` +
				`working directory`,
		},
		{
			"too many", "axes:\n" + axis("a.b") + axis("a.c") + axis("a.d") + axis("a.e"),
			"more than 1000 cells",
		},
		{"an axis twice", "axes:\n" + axis("a.b") + axis("a.b"), "a.b: two axes set this"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := ReadGrid(writeGrid(t, c.text))
			requireSettingsError(t, err, c.want)
		})
	}
	_, err := ReadGrid(filepath.Join(t.TempDir(), "none.yaml"))
	requireSettingsError(t, err, "none.yaml: cannot be read: no such file or directory")
}

// axis is one of six values.
func axis(key string) string { return "  - {key: " + key + ", values: [1, 2, 3, 4, 5, 6]}\n" }

// TestGridFiles: the grids of configs/ and all their cells can be run.
func TestGridFiles(t *testing.T) {
	t.Chdir("../../..") // from where their paths count
	files, err := filepath.Glob("configs/grid/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	for _, path := range files {
		g, err := ReadGrid(path)
		if err != nil {
			t.Error(err)
			continue
		}
		if _, err := ParseEvaluators(g.Evaluators); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		for _, cell := range g.Cells {
			set := append(g.Set[:len(g.Set):len(g.Set)], cell.Set...)
			c, err := method.Load(method.Default(), config.Source{File: g.Base, Set: set})
			if err != nil {
				t.Errorf("%s, cell %s: %v", path, cell.Name, err)
			}
			if _, err := tuning(c, g.Finetune); err != nil {
				t.Errorf("%s, cell %s: %v", path, cell.Name, err)
			}
		}
	}
}

// TestClaims: every part of scripts/claims.sh is a grid that is there, or a sweep of decoders.
func TestClaims(t *testing.T) {
	t.Chdir("../../..")
	list, err := exec.Command("sh", "scripts/claims.sh", "--list").Output()
	if err != nil {
		t.Fatal(err)
	}
	parts := regexp.MustCompile(`(?m)^\| (\S+) \| (?:cifar|tiny|eurosat|none) \| \d+ \|`)
	found := parts.FindAllStringSubmatch(string(list), -1)
	if len(found) < 10 {
		t.Fatalf("%d parts in:\n%s", len(found), list)
	}
	for _, part := range found {
		if strings.HasPrefix(part[1], "decoders-") {
			continue
		}
		if _, err := ReadGrid("configs/grid/" + part[1] + ".yaml"); err != nil {
			t.Error(err)
		}
	}
}
