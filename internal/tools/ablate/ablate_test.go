package ablate

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"cmae/internal/report"
	"cmae/internal/rundir"
	"cmae/internal/trainer"
)

func TestSweep(t *testing.T) {
	o := twoByTwo(t)
	table, err := Run(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range table.Rows {
		if len(r.Runs) != 2 || r.Accuracy[LinearProbe].SD == nil ||
			r.Accuracy[LinearProbe].Mean <= 0 || r.Accuracy[KNN].Mean <= 0 || r.Loss.Mean <= 0 ||
			r.Seconds.Mean <= 0 {
			t.Errorf("%+v", r)
		}
	}
	if a, b := table.Rows[0], table.Rows[1]; a.DecoderParameters == b.DecoderParameters ||
		a.EncoderParameters != b.EncoderParameters {
		t.Errorf(
			"decoders of %d and %d parameters, encoders of %d and %d", a.DecoderParameters,
			b.DecoderParameters, a.EncoderParameters, b.EncoderParameters,
		)
	}
	for _, file := range []string{
		"table.md", "accuracy.png", "cells/mlp/seed-2/result.json",
		"cells/mlp/seed-2/metrics.jsonl", "cells/mlp/seed-2/last",
	} {
		if _, err := os.Stat(filepath.Join(o.Out, file)); err != nil {
			t.Error(err)
		}
	}
	checkTables(t, o.Out, table)
	before := modified(t, o.Out)
	again, err := Run(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(table, again); diff != "" {
		t.Errorf("a finished sweep gives another table:\n%s", diff)
	}
	if diff := cmp.Diff(before, modified(t, o.Out)); diff != "" {
		t.Errorf("a finished sweep ran again:\n%s", diff)
	}
}

// checkTables reads the files back.
func checkTables(t *testing.T, out string, want *Table) {
	text, err := os.ReadFile(filepath.Join(out, "table.json"))
	if err != nil {
		t.Fatal(err)
	}
	var got Table
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, &got); diff != "" {
		t.Errorf("table.json:\n%s", diff)
	}
	f, err := os.Open(filepath.Join(out, "table.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if lines, err := csv.NewReader(f).ReadAll(); err != nil || len(lines) != 1+len(want.Rows) {
		t.Errorf("table.csv has %d lines: %v", len(lines), err)
	}
}

// modified are the checksums of the runs' checkpoints and the texts of their metrics.
func modified(t *testing.T, out string) map[string]string {
	files := map[string]string{}
	for _, name := range []string{"cells/transformer/seed-1", "cells/mlp/seed-2"} {
		for _, file := range []string{"last/manifest.json", "metrics.jsonl", "result.json"} {
			text, err := os.ReadFile(filepath.Join(out, name, file))
			if err != nil {
				t.Fatal(err)
			}
			files[name+"/"+file] = string(text)
		}
	}
	return files
}

func TestSweepGoesOnWhereItWasStopped(t *testing.T) {
	whole := twoByTwo(t)
	whole.Seeds = whole.Seeds[:1]
	want, err := Run(context.Background(), whole)
	if err != nil {
		t.Fatal(err)
	}
	o := twoByTwo(t)
	o.Seeds = o.Seeds[:1]
	stops := 0
	// looks at the context: in the first run, later ones, while evaluating
	for _, n := range []int{6, 20, 25} {
		_, err := Run(stopAfter{context.Background(), &n}, o)
		if errors.Is(err, context.Canceled) {
			stops++
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if stops < 2 {
		t.Fatalf("only %d stops: the test does not test what it means to", stops)
	}
	if _, err := os.Stat(
		filepath.Join(o.Out, "cells", "transformer", "seed-1", "config.yaml"),
	); err != nil {
		t.Error(err)
	}
	got, err := Run(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	clock := cmp.Options{
		cmpopts.IgnoreFields(Result{}, "Seconds"), cmpopts.IgnoreFields(Row{}, "Seconds"),
		cmpopts.IgnoreFields(Table{}, "Folder", "Plot"),
	}
	if diff := cmp.Diff(want, got, clock); diff != "" {
		t.Errorf("stopped and continued, the table differs:\n%s", diff)
	}
}

// TestTwoProcesses: a run that another process is at is left to it, is taken over once that process
// is gone, and a result that came from elsewhere stands in the table.
func TestTwoProcesses(t *testing.T) {
	o := twoByTwo(t)
	o.Seeds = o.Seeds[:1]
	folder := filepath.Join(o.Out, "cells", "transformer", "seed-1")
	other, err := rundir.Folder(folder).LockBy(folder+".lock", nil)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	o.Console = report.NewConsole(&out, true)
	table, err := Run(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(
		out.String(), "1 run of 2 left to other processes and unfinished: transformer, seed 1;",
	) {
		t.Errorf("what is unfinished is not named: %q", out.String())
	}
	if held, free := table.Rows[0], table.Rows[1]; held.Left != 1 || len(held.Failures) > 0 ||
		free.Left != 0 {
		t.Errorf("the held cell: %+v, the other: %+v", held, free)
	}
	if _, err := os.Stat(folder); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("something was written of the held run: %v", err)
	}
	if err := other.Release(); err != nil {
		t.Fatal(err)
	}
	if table, err = Run(context.Background(), o); err != nil || table.Rows[0].Left != 0 {
		t.Errorf("%+v, %v", table, err)
	}
	if left, err := filepath.Glob(filepath.Join(o.Out, "cells", "*", "*.lock")); err != nil ||
		len(left) > 0 {
		t.Errorf("locks left: %v, %v", left, err)
	}
}

func TestInterruptionLeavesACheckpoint(t *testing.T) {
	o, n := twoByTwo(t), 6
	table, err := Run(stopAfter{context.Background(), &n}, o)
	var interrupted *trainer.Interrupted
	if !errors.As(err, &interrupted) || !strings.Contains(err.Error(), "transformer, seed 1") {
		t.Fatalf("got %v, want an *Interrupted that names the run", err)
	}
	if _, err := os.Stat(interrupted.Checkpoint); err != nil {
		t.Error(err)
	}
	if table == nil || !strings.Contains(table.Markdown(), "2 of 2 seeds to do") {
		t.Error("the table does not say what is missing")
	}
}

func TestFailingCell(t *testing.T) {
	o := twoByTwo(t)
	o.Seeds = []uint64{1}
	o.Cells = append(
		[]Cell{{"wild", []string{"optim.base_lr=1e30", "optim.warmup_epochs=0"}}}, o.Cells[:1]...,
	)
	table, err := Run(context.Background(), o)
	var failed *Failed
	if !errors.As(err, &failed) || len(failed.Runs) != 1 || failed.Runs[0] != "wild, seed 1" {
		t.Fatalf("got %v, want *Failed of one run", err)
	}
	var diverged *trainer.Diverged
	if errors.As(err, &diverged) {
		t.Error("the error of the sweep is that of a run: the exit code would be the run's")
	}
	wild, sound := table.Rows[0], table.Rows[1]
	if len(wild.Failures) != 1 || wild.Accuracy[LinearProbe] != nil ||
		!strings.Contains(wild.Failures[0].Reason, "diverged at step") {
		t.Errorf("failed cell: %+v", wild)
	}
	if sound.Accuracy[LinearProbe] == nil {
		t.Error("the sweep did not go on")
	}
	if text := table.Markdown(); !strings.Contains(text, "seed 1 FAILED: diverged") {
		t.Errorf("the table does not say why:\n%s", text)
	}
}

func TestCellsAreCheckedBeforeAnythingRuns(t *testing.T) {
	for _, c := range []struct {
		name  string
		cells []Cell
		want  string
	}{
		{
			"unknown key", []Cell{{"good", nil}, {"bad", []string{"decoder.dpth=2"}}},
			`cell "bad": decoder.dpth: unknown key; did you mean decoder.depth?`,
		},
		{
			"wrong value", []Cell{{"bad", []string{"decoder.depth=two"}}},
			`cell "bad": decoder.depth: `,
		},
		{
			"invalid", []Cell{{"bad", []string{"decoder.kind=cnn"}}},
			`cell "bad": decoder.kind: "cnn" is not one of transformer`,
		},
		{
			"against the data", []Cell{{"bad", []string{"train.batch_size=41"}}},
			`cell "bad": train.batch_size: 41 is above the 40 training images`,
		},
		{
			"against its side", []Cell{{"bad", []string{"model.patch_size=5"}}},
			`cell "bad": model.patch_size: 5 does not divide`,
		},
		{"seed", []Cell{{"bad", []string{"seed=7"}}}, `cell "bad": seed: is the same in all cells`},
		{
			"two of a name", []Cell{{"a", nil}, {"A", nil}},
			`cell "A": there are two cells of this name`,
		},
		{"a path", []Cell{{"../a", nil}}, `cell "../a": a name is made of`},
		{"nothing", nil, "no cells"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := twoByTwo(t)
			o.Cells = c.cells
			_, err := Run(context.Background(), o)
			requireSettingsError(t, err, c.want)
			if _, err := os.Stat(o.Out); !errors.Is(err, os.ErrNotExist) {
				t.Error("something was written before the check")
			}
		})
	}
}

func TestChangedSettingsAreRefused(t *testing.T) {
	o := twoByTwo(t)
	o.Seeds, o.Cells = o.Seeds[:1], o.Cells[:1]
	if _, err := Run(context.Background(), o); err != nil {
		t.Fatal(err)
	}
	o.Base.Loader.Prefetch++
	if _, err := Run(context.Background(), o); err != nil {
		t.Errorf("a setting that changes nothing was refused: %v", err)
	}
	o.Base.Probe.KNNK = 7
	_, err := Run(context.Background(), o)
	requireSettingsError(t, err, `cell "transformer": probe.knn_k: is 7, and was 5 when`)
	if err := os.Remove(
		filepath.Join(o.Out, "cells", "transformer", "seed-1", resultFile),
	); err != nil {
		t.Fatal(err)
	}
	if _, err := Run(context.Background(), o); err != nil { // evaluated anew
		t.Error(err)
	}
	o.Base.Contrast.Tau = 0.3
	_, err = Run(context.Background(), o)
	requireSettingsError(t, err, `contrast.tau: is 0.3, and was 0.1 when`)
}
