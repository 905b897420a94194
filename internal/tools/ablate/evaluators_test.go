package ablate

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cmae/internal/fault"
	"cmae/internal/trainer"
)

// tuned is a sweep of one run that is finetuned too, by the settings of a file.
func tuned(t *testing.T, settings string) Options {
	o := twoByTwo(t)
	o.Seeds, o.Cells, o.Evaluators = o.Seeds[:1], o.Cells[:1], Evaluators()
	o.Finetune = filepath.Join(t.TempDir(), "finetune.yaml")
	if err := os.WriteFile(o.Finetune, []byte(settings), 0o644); err != nil {
		t.Fatal(err)
	}
	return o
}

const twoEpochs = "train: {epochs: 2}\noptim: {warmup_epochs: 1}\n"

func TestFinetuneHasAColumn(t *testing.T) {
	o := tuned(t, twoEpochs)
	o.Evaluators = []Evaluator{KNN}
	before, err := Run(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	o.Evaluators = []Evaluator{KNN, Finetune}
	table, err := Run(context.Background(), o) // only that is left to do
	if err != nil {
		t.Fatal(err)
	}
	was, is := before.Rows[0], table.Rows[0]
	if a := is.Accuracy[Finetune]; a == nil || a.Mean <= 0 {
		t.Errorf("finetuned: %+v", a)
	}
	if diff := cmp.Diff(was.Accuracy[KNN], is.Accuracy[KNN]); diff != "" ||
		was.Seconds.Mean != is.Seconds.Mean {
		t.Errorf("measured again: %s", diff)
	}
	if text := table.Markdown(); !strings.Contains(text, "finetune %") {
		t.Errorf("no column:\n%s", text)
	}
	if err := os.WriteFile(
		o.Finetune, []byte(strings.Replace(twoEpochs, "2", "3", 1)), 0o644,
	); err != nil {
		t.Fatal(err)
	}
	_, err = Run(context.Background(), o)
	requireSettingsError(t, err, `cell "transformer", finetune: train.epochs: is 3, and was 2 when`)
	if err := os.RemoveAll(
		filepath.Join(o.Out, "cells", "transformer", "seed-1", "finetune"),
	); err != nil {
		t.Fatal(err)
	}
	// the accuracy that is left was measured by the other recipe
	_, err = Run(context.Background(), o)
	requireSettingsError(t, err, `cell "transformer", finetune: train.epochs: is 3, and was 2 when`)
}

// TestAnotherEncoderIsFinetunedAnew: a finetuning that is there belongs to the encoder that it
// began from.
func TestAnotherEncoderIsFinetunedAnew(t *testing.T) {
	o := tuned(t, twoEpochs)
	o.Evaluators = []Evaluator{Finetune}
	if _, err := Run(context.Background(), o); err != nil {
		t.Fatal(err)
	}
	run := filepath.Join(o.Out, "cells", "transformer", "seed-1")
	for _, file := range []string{"result.json", "config.yaml", "last", "checkpoints"} {
		if err := os.RemoveAll(filepath.Join(run, file)); err != nil {
			t.Fatal(err)
		}
	}
	mark := filepath.Join(run, "finetune", "of-the-first")
	if err := os.WriteFile(mark, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Run(context.Background(), o); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(mark); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the finetuning of the first encoder is still there: %v", err)
	}
}

func TestFailedFinetuneIsMarked(t *testing.T) {
	o := tuned(t, "train: {epochs: 2}\noptim: {warmup_epochs: 0, base_lr: 1.0e30}\n")
	table, err := Run(context.Background(), o)
	var failed *Failed
	if !errors.As(err, &failed) {
		t.Fatalf("got %v, want *Failed", err)
	}
	row := table.Rows[0]
	if row.Accuracy[LinearProbe] == nil || row.Accuracy[KNN] == nil ||
		row.Accuracy[Finetune] != nil {
		t.Errorf("what the others measured: %+v", row.Accuracy)
	}
	if text := table.Markdown(); !strings.Contains(
		text, "seed 1 FAILED: finetune: diverged at step",
	) {
		t.Errorf("the table does not say why:\n%s", text)
	}
}

func TestFinetuneGoesOnWhereItWasStopped(t *testing.T) {
	o := tuned(t, twoEpochs)
	o.Evaluators = []Evaluator{Finetune}
	table, err := Run(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	want := table.Rows[0].Accuracy[Finetune].Mean
	o = tuned(t, twoEpochs)
	o.Evaluators = []Evaluator{KNN}
	if _, err := Run(context.Background(), o); err != nil {
		t.Fatal(err)
	}
	o.Evaluators = []Evaluator{Finetune}
	n := 4 // looks at the context: a step or two of finetuning
	table, err = Run(stopAfter{context.Background(), &n}, o)
	var interrupted *trainer.Interrupted
	if !errors.As(err, &interrupted) || !strings.Contains(interrupted.Checkpoint, "finetune") {
		t.Fatalf("got %v, want an *Interrupted with a checkpoint of finetuning", err)
	}
	if table.Rows[0].Left != 1 {
		t.Error("the table does not say that something is left to do")
	}
	if table, err = Run(context.Background(), o); err != nil {
		t.Fatal(err)
	}
	if got := table.Rows[0].Accuracy[Finetune].Mean; got != want {
		t.Errorf("stopped and continued, finetuning reaches %v, else %v", got, want)
	}
}

func TestFinetuneIsCheckedBeforeAnythingRuns(t *testing.T) {
	for _, c := range []struct{ name, settings, want string }{
		{"unknown key", "train: {epoch: 3}\n", "finetune.yaml:1: train.epoch: unknown key"},
		{
			"against the data", "train: {batch_size: 41}\n",
			`cell "transformer", finetune: train.batch_size: 41 is above the 40 training images`,
		},
	} {
		_, err := Run(context.Background(), tuned(t, c.settings))
		requireSettingsError(t, err, c.want)
	}
}

// TestDataThatCannotEvaluate: what no evaluator could measure is found before the hours of
// pretraining.
func TestDataThatCannotEvaluate(t *testing.T) {
	o := twoByTwo(t)
	o.Base.Data.Path = writeImages(t)
	_, err := Run(context.Background(), o)
	if !errors.Is(err, fault.Data) || !strings.Contains(err.Error(), "without labels") {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(filepath.Join(o.Out, "cells")); err == nil {
		t.Error("cells were begun")
	}
}

func TestParseEvaluators(t *testing.T) {
	got, err := ParseEvaluators([]string{"finetune", "knn", "knn"})
	if diff := cmp.Diff([]Evaluator{KNN, Finetune}, got); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
	if got, _ := ParseEvaluators(nil); len(got) != 2 {
		t.Errorf("without a choice %v", got)
	}
	_, err = ParseEvaluators([]string{"linear"})
	requireSettingsError(t, err, `evaluate: "linear" is not one of linprobe, knn, finetune`)
}
