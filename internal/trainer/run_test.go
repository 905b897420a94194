package trainer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"cmae/internal/dataset"
	"cmae/internal/dataset/loader"
	"cmae/internal/fault"
	"cmae/internal/graph/nn"
	"cmae/internal/kernel"
	"cmae/internal/kernel/portable"
	"cmae/internal/recipe"
	"cmae/internal/report"
	"cmae/internal/rundir"
	"cmae/internal/rundir/checkpoint"
	"cmae/internal/rundir/track"
	"cmae/internal/weights/safetensors"
)

func TestStopped(t *testing.T) {
	other, full := errors.New("other"), errors.New("disk full")
	ctx, cancel := context.WithCancelCause(context.Background())
	save := func() (string, error) { return "path", nil }
	if err := stopped(ctx, other, save); err != other {
		t.Errorf("before the end: %v", err)
	}
	signal := errors.New("terminated")
	cancel(signal)
	var interrupted *Interrupted
	for _, err := range []error{context.Canceled, signal} {
		if err := stopped(ctx, err, save); !errors.As(err, &interrupted) ||
			interrupted.Checkpoint != "path" || !errors.Is(err, signal) {
			t.Errorf("%v", err)
		}
	}
	if err := stopped(ctx, other, save); err != other {
		t.Errorf("an error of its own after the end: %v", err)
	}
	if err := stopped(
		ctx, signal, func() (string, error) { return "", full },
	); !errors.Is(err, full) || errors.As(err, new(*Interrupted)) {
		t.Errorf("a failed save: %v", err)
	}
}

func TestDiverged(t *testing.T) {
	f := rundir.Folder(t.TempDir())
	in := func(folder rundir.Folder) error {
		r, task := fakeRun(t, 1)
		r.recorder = newRecorder(Options{Folder: string(folder)}, track.Config{})
		r.Params = nn.NewMeta(kernel.F32)
		r.settings.Recipe, r.Images = recipe.DefaultFinetune(), &dataset.Data{Train: &dataset.Set{}}
		row := rundir.Row{Step: 8, Values: map[string]float64{"loss": math.NaN()}}
		return r.diverged(task, "loss", row, &loader.Batch{
			Indices: []int32{5, 4, 3, 2, 1, 0}, Labels: make([]int32, 6),
			Query: make([]float32, 6*3),
		})
	}
	err := in(f)
	var stopped *Diverged
	if !errors.As(err, &stopped) || stopped.Step != 8 ||
		!strings.Contains(err.Error(), f.File("diverged.json")) {
		t.Error(err)
	}
	text, err := os.ReadFile(f.File("diverged.json"))
	if err != nil || !strings.Contains(string(text), `"loss": "NaN"`) {
		t.Errorf("%s, %v", text, err)
	}
	missing := rundir.Folder(f.File("missing"))
	err = in(missing)
	if !errors.As(err, &stopped) || !errors.Is(err, os.ErrNotExist) ||
		strings.Contains(stopped.Error(), "diverged.json") {
		t.Errorf("a report that could not be written: %v", err)
	}
}

// TestLogTellsEpochsAndTheEnd: the log has a line of every epoch, of which those evaluated and one
// a second are shown, and one of the end, which is not.
func TestLogTellsEpochsAndTheEnd(t *testing.T) {
	var shown, log bytes.Buffer
	r := newRun(
		Options{Console: report.NewConsole(&shown, false)},
		Settings{Train: recipe.Train{Epochs: 3}},
	)
	r.recorder = newRecorder(Options{Folder: "run"}, track.Config{})
	r.Console.Attach(&log)
	r.At, r.told = Position{Step: 1, Epoch: 3, Loss: .5}, time.Now()
	row := func(epoch int) rundir.Row {
		return rundir.Row{Epoch: epoch, Values: map[string]float64{"loss": .25}}
	}
	for _, c := range []struct {
		tell  func()
		want  string
		shown bool
	}{
		{func() { r.tellEpoch(row(0), "") }, "epoch 1/3: mean loss 0.2500", false},
		{
			func() { r.tellEpoch(row(1), "kNN 0.7500") },
			"epoch 2/3: mean loss 0.2500, kNN 0.7500", true,
		},
		{
			func() { r.tellEpoch(row(2), "accuracy 0.7500") },
			"epoch 3/3: mean loss 0.2500, accuracy 0.7500", true,
		},
		{
			func() { r.recordEnd(nil) },
			"done: 3 epochs, 1 step, loss 0.5000, checkpoint " + r.Checkpoint(), false,
		},
		{
			func() { r.recordEnd(&Interrupted{Checkpoint: "path", Cause: errors.New("signal")}) },
			"interrupted (signal); saved path", false,
		},
		{
			func() { r.recordEnd(fmt.Errorf("wrapped: %w", &Diverged{Step: 3, Term: "loss"})) },
			"wrapped: diverged at step 3", false,
		},
		{func() { r.recordEnd(errors.New("disk full")) }, "failed: disk full", false},
	} {
		shown.Reset()
		log.Reset()
		c.tell()
		if _, text, _ := strings.Cut(log.String(), " "); !strings.HasPrefix(text, c.want) {
			t.Errorf("logged %q, want %q", text, c.want)
		}
		if got := shown.String(); got != "" != c.shown {
			t.Errorf("shown: %q", got)
		}
	}
}

func TestFillAndNotFinite(t *testing.T) {
	e := portable.New(1)
	defer e.Close()
	a, b := e.New(kernel.F32, 2), e.New(kernel.F32, 2)
	places := map[string]kernel.Tensor{"a": a, "b": b}
	one := safetensors.FromFloat32s("a", []int{2}, []float32{1, 2})
	two := safetensors.FromFloat32s("b", []int{2}, []float32{3, float32(math.Inf(1))})
	if err := Fill(e, []checkpoint.Tensor{one, two}, places); err != nil {
		t.Fatal(err)
	}
	if got := kernel.Read[float32](e, a); got[0] != 1 || got[1] != 2 {
		t.Errorf("got %v", got)
	}
	params := []*nn.Param{{Name: "a"}, {Name: "b"}}
	if got := notFinite(e, params, []kernel.Tensor{a, b}); got != "b" {
		t.Errorf("%q is not finite", got)
	}
	for want, saved := range map[string][]checkpoint.Tensor{
		"lacks b":   {one},
		"is [2 1]":  {safetensors.FromFloat32s("a", []int{2, 1}, []float32{1, 2}), two},
		"c is [2] ": {one, two, safetensors.FromFloat32s("c", []int{2}, []float32{1, 2})},
	} {
		if err := Fill(e, saved, places); !errors.Is(err, fault.Mismatch) ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}
