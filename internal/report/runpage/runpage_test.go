package runpage

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cmae/internal/evaluate"
	"cmae/internal/method"
	"cmae/internal/recipe"
	"cmae/internal/rundir"
)

// folder is a run of two epochs, of which one is done, without a checkpoint.
func folder(t *testing.T, settings any) rundir.Folder {
	t.Helper()
	f := rundir.Folder(filepath.Join(t.TempDir(), "mine"))
	if err := os.MkdirAll(string(f), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := f.WriteSettings(settings); err != nil {
		t.Fatal(err)
	}
	var text []byte
	for i := range 4 {
		row := rundir.Row{Event: rundir.StepEvent, Step: i + 1, Values: map[string]float64{
			rundir.Loss: 2, rundir.ImagesPerSecond: 64, "terms.reconstruct": 1,
		}}
		line, err := json.Marshal(row)
		if err != nil {
			t.Fatal(err)
		}
		text = append(append(text, line...), '\n')
	}
	text = append(text, `{"event":"epoch","step":4,"epoch":0,"loss":1.5}`+"\n"...)
	if err := os.WriteFile(f.File(rundir.MetricsFile), text, 0o644); err != nil {
		t.Fatal(err)
	}
	const line = "2026-01-01T00:00:00Z warning: mind <this>\n"
	const log = line + line
	if err := os.WriteFile(f.Log(), []byte(log), 0o644); err != nil {
		t.Fatal(err)
	}
	return f
}

// written is the page of a run.
func written(t *testing.T, f rundir.Folder) string {
	t.Helper()
	path, err := Write(string(f), "cmae test")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func contains(t *testing.T, page string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(page, w) {
			t.Errorf("the page lacks %q", w)
		}
	}
}

func TestWrite(t *testing.T) {
	c := method.Default()
	c.Train.Epochs, c.Train.BatchSize, c.Contrast.Tau = 2, 32, .3
	c.Optim.WarmupEpochs = 0
	f := folder(t, c)
	bare := written(t, f)
	contains(t, bare, "<h1>mine</h1>", "1 of 2 epochs, then it was stopped", "None are kept",
		"an earlier version", "contrast.tau", "mind &lt;this&gt;", "Total loss", "Reconstruction")
	if strings.Contains(bare, "Confusion") {
		t.Error("confusions without an evaluation")
	}
	s := rundir.NewSession("cmae 9")
	s.Command, s.Train, s.Side = []string{"cmae", "pretrain", "--out", "my run"}, 12345, 28
	if err := f.Began(s); err != nil {
		t.Fatal(err)
	}
	hits := evaluate.NewConfusion([]string{"cat", "dog"})
	hits.AddScores(0, []float32{1, 0})
	hits.AddScores(1, []float32{1, 0})
	for _, k := range []evaluate.Kept{
		{Subject: evaluate.Trained, Result: evaluate.Result{
			Method: "knn", Score: hits.Score(), Confusion: hits.Matrix(), Classes: 2,
		}},
		{Subject: evaluate.Pixels, Result: evaluate.Result{
			Method: "knn", Score: evaluate.Score{Accuracy: .25},
		}},
	} {
		if err := evaluate.Keep(string(f), k); err != nil {
			t.Fatal(err)
		}
	}
	picture := []byte("\x89PNG\r\n\x1a\n")
	if err := os.MkdirAll(rundir.Pictures(string(f)), 0o755); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(rundir.Pictures(string(f)), "attention.png")
	if err := os.WriteFile(path, picture, 0o644); err != nil {
		t.Fatal(err)
	}
	card := filepath.Join(t.TempDir(), "card.md")
	if err := WriteCard(card, string(f), "x.safetensors", "", "cmae test"); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(card)
	if err != nil {
		t.Fatal(err)
	}
	contains(
		t, string(text), "`x.safetensors`", "12,345 training images",
		"| kNN | this encoder | 50.0 % |", "contrast.tau: 0.3", "cmae pretrain --out 'my run'",
		"## Licence",
	)
	contains(
		t, written(t, f), "12,345 images of", "<b>50.0 %</b>", "raw pixels 25.0 %", "&#43;25.0",
		"dog taken for cat: 1 of 1", "cmae pretrain --out &#39;my run&#39;", "cmae 9",
		"data:image/png", "All 2 classes, the least accurate first",
	)
}

func TestFinetuned(t *testing.T) {
	c := recipe.DefaultFinetune()
	c.Train.Epochs, c.Optim.WarmupEpochs = 1, 0
	contains(t, written(t, folder(t, c)), "Finetuning of a transformer", "1 of 1 epoch.")
}

// TestFillWithoutACheckpoint: there is nothing to draw with, and that is no error.
func TestFillWithoutACheckpoint(t *testing.T) {
	f := folder(t, method.Default())
	o := FillOptions{Pictures: true, Evaluate: true}
	if err := Fill(context.Background(), string(f), o); err != nil {
		t.Error(err)
	}
	if _, err := Write(t.TempDir(), ""); err == nil {
		t.Error("a page on no run")
	}
}
