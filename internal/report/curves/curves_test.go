package curves

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cmae/internal/config"
	"cmae/internal/fault"
	"cmae/internal/losses"
	"cmae/internal/rundir"
)

// metricsFolder is a run folder with the metrics of so many epochs of 20 steps.
func metricsFolder(t *testing.T, name string, epochs int, knn bool) string {
	var text bytes.Buffer
	put := func(r rundir.Row) {
		line, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		text.Write(append(line, '\n'))
	}
	for e := range epochs {
		for i := range 20 {
			step := e*20 + i + 1
			loss := 1 / float64(step)
			put(rundir.Row{Event: "step", Step: step, Epoch: e, Values: map[string]float64{
				"loss": loss, "lr": 1e-3, "grad_norm": 2,
				"terms.reconstruct": loss, "terms.sharpness": loss,
			}})
		}
		row := rundir.Row{Event: "epoch", Step: 20 * (e + 1), Epoch: e}
		if knn {
			row.Values = map[string]float64{"knn_accuracy": .5}
		}
		put(row)
	}
	dir := filepath.Join(t.TempDir(), name)
	text.WriteString(`{"event":"step","st`) // a line that is being written
	if err := errors.Join(
		os.MkdirAll(dir, 0o755),
		os.WriteFile(filepath.Join(dir, "metrics.jsonl"), text.Bytes(), 0o644),
	); err != nil {
		t.Fatal(err)
	}
	return dir
}

// described are the terms that a table of methods knows.
func described() []losses.Term {
	return []losses.Term{
		{Name: "reconstruct", Title: "Reconstruction, L_con"},
		{Name: "contrast", Title: "Contrast, L_ctr"},
	}
}

func TestPlot(t *testing.T) {
	a, b := metricsFolder(t, "first", 12, true), metricsFolder(t, "second", 3, false)
	dir := t.TempDir()
	var texts []string
	for _, name := range []string{"a.png", "b.png", "c.svg", "d.svg"} {
		path := filepath.Join(dir, name)
		if err := Plot(path, described(), a, b); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, string(text))
	}
	if texts[0] != texts[1] || texts[2] != texts[3] {
		t.Error("the same curves have other bytes")
	}
	for _, word := range []string{
		"Total loss", "L_con", "sharpness", "Learning rate", "accuracy, %", "epochs", "first",
		"second",
	} {
		if !strings.Contains(texts[2], word) {
			t.Errorf("the SVG lacks %q", word)
		}
	}
	if strings.Contains(texts[2], "L_ctr") {
		t.Error("a panel for a term that no run has")
	}
}

func TestCurvesErrors(t *testing.T) {
	bad := metricsFolder(t, "bad", 1, false)
	if err := os.WriteFile(
		filepath.Join(bad, "metrics.jsonl"), []byte("{}\nnonsense\n"), 0o644,
	); err != nil {
		t.Fatal(err)
	}
	var usage *config.Error
	for _, c := range []struct {
		name, path, run string
		usage           bool
	}{
		{"no run", "x.png", t.TempDir(), true},
		{"other format", "x.gif", metricsFolder(t, "r", 1, false), true},
		{"only a line begun", "x.png", metricsFolder(t, "r", 0, false), true},
		{"nonsense", "x.png", bad, false},
	} {
		err := Plot(filepath.Join(t.TempDir(), c.path), nil, c.run)
		if errors.As(err, &usage) != c.usage || errors.Is(err, fault.Data) == c.usage {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestHistoryNames(t *testing.T) {
	a, b := metricsFolder(t, "same", 1, false), metricsFolder(t, "same", 1, false)
	c := metricsFolder(t, "other", 1, false)
	all, err := readHistories([]string{a, b, c + "/"})
	if err != nil {
		t.Fatal(err)
	}
	short := withoutCommon([]string{a, b, c})
	if all[0].name != short[0] || all[1].name != short[1] || all[2].name != "other" {
		t.Errorf("names %q, %q, %q", all[0].name, all[1].name, all[2].name)
	}
	if all[0].perEpoch != 20 {
		t.Errorf("%v steps an epoch, want 20", all[0].perEpoch)
	}
}
