package trainer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cmae/internal/graph/nn"
	"cmae/internal/kernel"
	"cmae/internal/kernel/portable"
	"cmae/internal/report"
	"cmae/internal/rundir/checkpoint"
)

type settings struct {
	Rate    float64 `yaml:"rate" doc:"a number"`
	Threads int     `yaml:"threads" doc:"another"`
}

func TestCreate(t *testing.T) {
	f := Folder(filepath.Join(t.TempDir(), "run"))
	l, err := f.hold(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Release()
	if err := f.create(settings{1, 2}, false); err != nil {
		t.Fatal(err)
	}
	if err := f.create(settings{1, 2}, false); !errors.Is(err, ErrUsage) ||
		!strings.Contains(err.Error(), "--overwrite") {
		t.Errorf("a folder with a run was not refused: %v", err)
	}
	if err := os.Mkdir(f.File("pictures"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"notes.txt", "metrics.jsonl", "pictures/attention.png"} {
		if err := os.WriteFile(f.File(name), []byte("x\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.create(settings{3, 2}, true); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(f.File("config.yaml"))
	if err != nil || !strings.Contains(string(text), "rate: 3") {
		t.Errorf("%s, %v", text, err)
	}
	if _, err := os.Stat(f.File("notes.txt")); err != nil {
		t.Error("overwriting deleted a file that no run wrote")
	}
	if _, err := os.Stat(f.File("metrics.jsonl")); err == nil {
		t.Error("overwriting left the old metrics")
	}
	if _, err := os.Stat(f.File("pictures")); err == nil {
		t.Error("overwriting left pictures of the old encoder")
	}
}

func TestSameSettings(t *testing.T) {
	if err := sameSettings(settings{1, 2}, settings{1, 3}, "threads"); err != nil {
		t.Error(err)
	}
	err := sameSettings(settings{1, 2}, settings{2, 3}, "threads")
	if !errors.Is(err, ErrUsage) || !strings.Contains(err.Error(), "rate (was 1.0, now 2.0)") ||
		strings.Contains(err.Error(), "threads (") {
		t.Error(err)
	}
}

func TestFind(t *testing.T) {
	f := Folder(t.TempDir())
	for how, want := range map[Resume]error{
		ResumeNever: nil, ResumeAuto: nil, ResumeLast: ErrUsage, "sometimes": ErrUsage,
	} {
		if c, _, err := f.Find(how, nil); c != nil || !errors.Is(err, want) {
			t.Errorf("%q in an empty folder: %v, %v", how, c, err)
		}
	}
}

// TestLogs: a resumed run writes the rows again that its checkpoint has not seen.
func TestLogs(t *testing.T) {
	f := Folder(t.TempDir())
	write := func(rows int, values ...int) {
		l, err := f.Open(rows, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range values {
			if err := l.Write(v); err != nil {
				t.Fatal(err)
			}
		}
		if n, err := l.Sync(); n != rows+len(values) || err != nil {
			t.Errorf("%d rows, %v", n, err)
		}
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	}
	write(0, 1, 2, 3)
	write(2, 30, 4)
	text, err := os.ReadFile(f.File("metrics.jsonl"))
	if string(text) != "1\n2\n30\n4\n" || err != nil {
		t.Errorf("%q, %v", text, err)
	}
	var out strings.Builder
	l, err := f.Open(5, report.NewConsole(&out, true))
	if err != nil ||
		!strings.Contains(out.String(), "has 4 rows of the 5 that the checkpoint has seen") {
		t.Fatalf("missing rows: %v, %q", err, out.String())
	}
	if err := l.Write(6); err != nil {
		t.Error(err)
	}
	if n, err := l.Sync(); n != 5 || err != nil {
		t.Errorf("%d rows, %v", n, err)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if err := (*Logs)(nil).Close(); err != nil {
		t.Error(err)
	}
}

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
	f := Folder(t.TempDir())
	nan := math.NaN()
	err := f.diverged(failure{Step: 3, Term: "loss", Images: []int32{5}}, Row{Loss: &nan})
	var diverged *Diverged
	if !errors.As(err, &diverged) || diverged.Step != 3 ||
		!strings.Contains(err.Error(), f.File("diverged.json")) {
		t.Error(err)
	}
	text, err := os.ReadFile(f.File("diverged.json"))
	if err != nil || !strings.Contains(string(text), `"loss": "NaN"`) {
		t.Errorf("%s, %v", text, err)
	}
	missing := Folder(f.File("missing"))
	err = missing.diverged(failure{Step: 3, Term: "loss"}, Row{Loss: &nan})
	if !errors.As(err, &diverged) || !errors.Is(err, os.ErrNotExist) ||
		strings.Contains(diverged.Error(), "diverged.json") {
		t.Errorf("a report that could not be written: %v", err)
	}
}

// TestLogTellsEpochsAndTheEnd: the log has a line of every epoch, of which those judged are shown,
// and one of the end, which is not.
func TestLogTellsEpochsAndTheEnd(t *testing.T) {
	var shown, log bytes.Buffer
	s := &Session{
		Settings: Settings{Epochs: 3}, Options: Options{Console: report.NewConsole(&shown, false)},
		store: checkpoint.NewStore("run"),
	}
	s.Console.Attach(&log)
	s.At = Position{Step: 1, Epoch: 3, Loss: .5}
	loss, accuracy := .25, .75
	for _, c := range []struct {
		tell  func()
		want  string
		shown bool
	}{
		{func() { s.tellEpoch(Row{Loss: &loss}) }, "epoch 1/3: mean loss 0.2500", false},
		{
			func() { s.tellEpoch(Row{Epoch: 1, Loss: &loss, Accuracy: &accuracy}) },
			"epoch 2/3: mean loss 0.2500, kNN 0.7500", true,
		},
		{
			func() { s.tellEpoch(Row{Epoch: 2, Loss: &loss, TestAccuracy: &accuracy}) },
			"epoch 3/3: mean loss 0.2500, accuracy 0.7500", true,
		},
		{
			func() { s.recordEnd(nil) },
			"done: 3 epochs, 1 step, loss 0.5000, checkpoint " + s.Checkpoint(), false,
		},
		{
			func() { s.recordEnd(&Interrupted{Checkpoint: "path", Cause: errors.New("signal")}) },
			"interrupted (signal); saved path", false,
		},
		{
			func() { s.recordEnd(fmt.Errorf("wrapped: %w", &Diverged{Step: 3, Term: "loss"})) },
			"wrapped: diverged at step 3", false,
		},
		{func() { s.recordEnd(errors.New("disk full")) }, "failed: disk full", false},
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
	one, two := Floats("a", []int{2}, []float32{1, 2}), Floats(
		"b", []int{2}, []float32{3, float32(math.Inf(1))},
	)
	if err := Fill(e, []checkpoint.Tensor{one, two}, places); err != nil {
		t.Fatal(err)
	}
	if got := nn.ReadTensor[float32](e, a); got[0] != 1 || got[1] != 2 {
		t.Errorf("got %v", got)
	}
	params := []*nn.Param{{Name: "a"}, {Name: "b"}}
	if got := notFinite(e, params, []kernel.Tensor{a, b}); got != "b" {
		t.Errorf("%q is not finite", got)
	}
	for want, saved := range map[string][]checkpoint.Tensor{
		"lacks b":   {one},
		"is [2 1]":  {Floats("a", []int{2, 1}, []float32{1, 2}), two},
		"c is [2] ": {one, two, Floats("c", []int{2}, []float32{1, 2})},
	} {
		if err := Fill(e, saved, places); !errors.Is(err, checkpoint.ErrMismatch) ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}
