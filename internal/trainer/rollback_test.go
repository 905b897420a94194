package trainer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cmae/internal/dataset"
	"cmae/internal/dataset/augment"
	"cmae/internal/dataset/loader"
	"cmae/internal/graph/nn"
	"cmae/internal/kernel"
	"cmae/internal/recipe"
	"cmae/internal/report"
	"cmae/internal/rundir"
	"cmae/internal/rundir/checkpoint"
	"cmae/internal/rundir/track"
)

// diverging is a fake whose loss is infinite on some batches, and that a test can kill.
type diverging struct {
	*fake
	run    *Run
	bad    func(at string, scale float64) bool // at is EPOCH/POSITION
	course []string                            // the batches that were trained on
	at     string
	saves  int
	kill   int // at this save of a session, from 1; 0 never
	// how each epoch is evaluated: + better than all before, - not, anything else not at all
	scores string
}

func (d *diverging) EndEpoch(ctx context.Context, mean float64, due bool) (Evaluation, error) {
	if d.scores == "" {
		return d.fake.EndEpoch(ctx, mean, due)
	}
	score := d.scores[d.run.At.Epoch]
	return Evaluation{Scored: score == '+' || score == '-', Best: score == '+'}, nil
}

var errKilled = errors.New("killed")

func (d *diverging) ForwardBackward(b *loader.Batch, first int) error {
	d.at = fmt.Sprintf("%d/%d", b.Epoch, b.Step)
	if d.factor = 1; d.bad(d.at, d.run.rateScale()) {
		d.factor = math.Inf(1)
	}
	return d.fake.ForwardBackward(b, first)
}

func (d *diverging) EMA(int) (float64, bool) { return .8, true }
func (d *diverging) EndStep()                { d.course = append(d.course, d.at) }

func (d *diverging) Save(*checkpoint.Checkpoint) {
	if d.saves++; d.saves == d.kill {
		panic(errKilled)
	}
}

// session trains in a folder until the end or a kill.
func session(t *testing.T, folder string, c recipe.Train, d *diverging) (err error) {
	t.Helper()
	c.Epochs, c.BatchSize, c.Accumulate, c.CheckpointEvery = max(c.Epochs, 3), 20, 1, 1
	stored := recipe.DefaultFinetune()
	stored.Train.Train, stored.Optim.WarmupEpochs = c, 1
	r, f := fakeRun(t, 1)
	choice := r.Choice
	r = newRun(
		Options{
			Folder: folder, Resume: rundir.ResumeAuto, Console: report.NewConsole(io.Discard, true),
		},
		Settings{
			Command: "fake", Train: c, Recipe: stored,
			Load: func(name string, text []byte) (any, error) {
				return recipe.LoadFinetune(name, text)
			},
		},
	)
	r.Choice, r.Images, r.Side = choice, &dataset.Data{Train: &dataset.Set{}}, 8
	r.Params = nn.NewParams(choice.Engine, kernel.F32, 1)
	f.loader, err = loader.New(source{}, loader.Options{
		Mode: loader.OneView, Batch: 20, Side: 8,
		Augment: augment.Default(), Config: loader.Default(),
	})
	if err != nil {
		t.Fatal(err)
	}
	d.fake, d.run, d.saves = f, r, 0
	r.recorder = newRecorder(r.options, track.Config{})
	defer func() {
		if v := recover(); v != nil && v != error(errKilled) {
			panic(v)
		} else if v != nil {
			err = errKilled
		}
		_ = r.recorder.close() // as the end of the process does
	}()
	if err := r.find(); err != nil {
		return err
	}
	return r.Loop(context.Background(), d)
}

// course is what a run came to: rows without what a clock says, and the last checkpoint.
func course(t *testing.T, folder string) (rows []rundir.Row, m checkpoint.Manifest) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder, rundir.MetricsFile))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		var row rundir.Row
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatal(err)
		}
		delete(row.Values, rundir.ImagesPerSecond)
		delete(row.Values, rundir.DataWait)
		rows = append(rows, row)
	}
	if m, err = checkpoint.ReadManifest(filepath.Join(folder, checkpoint.Last)); err != nil {
		t.Fatal(err)
	}
	return rows, m
}

// TestRollback: a run goes back to its last checkpoint and on without the batches that it leaves
// out, at a lower rate; each rollback is a row; killed while it writes any checkpoint, those of
// rollbacks too, it comes to the same when it is resumed.
func TestRollback(t *testing.T) {
	c := recipe.Train{
		OnDivergence: recipe.Rollback, MaxRollbacks: 3, RollbackSkip: 1, RollbackScale: .5,
	}
	bad := func(at string, scale float64) bool { return at == "0/1" || at == "1/2" && scale > .2 }
	d := &diverging{bad: bad}
	whole := filepath.Join(t.TempDir(), "run")
	if err := session(t, whole, c, d); err != nil {
		t.Fatal(err)
	}
	// back at the start, then at the first epoch's end
	want := "0/0 0/0 0/2 1/0 1/1 1/0 1/1 2/0 2/1 2/2"
	if got := strings.Join(d.course, " "); got != want {
		t.Errorf("trained on %s, want %s", got, want)
	}
	rows, m := course(t, whole)
	if diff := cmp.Diff([]checkpoint.Rollback{
		{Step: 2, Epoch: 0, Position: 1, Term: "contrast", To: 0, Skip: 1, Scale: .5},
		{Step: 5, Epoch: 1, Position: 2, Term: "contrast", To: 2, Skip: 1, Scale: .5},
	}, m.Rollbacks); diff != "" || m.Step != 7 {
		t.Errorf("at the end step %d, rollbacks %s", m.Step, diff)
	}
	events, last := "", 0
	for _, row := range rows {
		events += row.Event[:1]
		if row.Step < last {
			t.Errorf("row %+v after step %d", row, last)
		}
		last = row.Step
	}
	if events != "rsse"+"rsse"+"ssse" {
		t.Errorf("rows %s", events)
	}
	if _, err := os.Stat(filepath.Join(whole, "diverged.json")); err == nil {
		t.Error("diverged.json says that the run ended")
	}
	for kill := 1; ; kill++ {
		killed := filepath.Join(t.TempDir(), "run")
		d := &diverging{bad: bad, kill: kill}
		if err := session(t, killed, c, d); err == nil {
			if kill < 5 {
				t.Errorf("%d saves only", kill)
			}
			break
		} else if !errors.Is(err, errKilled) {
			t.Fatal(err)
		}
		if err := session(t, killed, c, &diverging{bad: bad}); err != nil {
			t.Fatalf("killed at save %d: %v", kill, err)
		}
		again, end := course(t, killed)
		m.Files, end.Files = nil, nil
		if diff := cmp.Diff(rows, again) + cmp.Diff(m, end); diff != "" {
			t.Errorf("killed at save %d: %s", kill, diff)
		}
	}
}

// TestRollbackLimit: after train.max_rollbacks the run stops as without them, and a resume that
// allows more goes on.
func TestRollbackLimit(t *testing.T) {
	c := recipe.Train{
		OnDivergence: recipe.Rollback, MaxRollbacks: 2, RollbackSkip: 0, RollbackScale: .5,
	}
	bad := func(at string, scale float64) bool { return at == "0/1" && scale > .1 }
	run := filepath.Join(t.TempDir(), "run")
	var stopped *Diverged
	if err := session(t, run, c, &diverging{bad: bad}); !errors.As(err, &stopped) ||
		!strings.HasSuffix(err.Error(), "(rollbacks so far: 2)") || stopped.Report == "" {
		t.Fatal(err)
	}
	c.MaxRollbacks = 4
	if err := session(t, run, c, &diverging{bad: bad}); err != nil {
		t.Fatal(err)
	}
	if _, m := course(t, run); len(m.Rollbacks) != 4 || m.Step != 9 {
		t.Errorf("%d rollbacks, step %d", len(m.Rollbacks), m.Step)
	}
	if rundir.Folder(run).Diverged() {
		t.Error("the run still counts as diverged")
	}
}

// TestTrainsPast: a run that diverged, and that a resume trains past the step, no longer counts as
// diverged; one that is stopped before that step does.
func TestTrainsPast(t *testing.T) {
	c := recipe.Train{OnDivergence: recipe.Stop, MaxRollbacks: 1, RollbackScale: 1}
	run := filepath.Join(t.TempDir(), "run")
	bad := func(at string, _ float64) bool { return at == "1/1" }
	good := func(string, float64) bool { return false }
	if err := session(t, run, c, &diverging{bad: bad}); !errors.As(err, new(*Diverged)) {
		t.Fatal(err)
	}
	if at := rundir.Folder(run).DivergedAt(); at != 5 {
		t.Errorf("diverged at step %d, want 5", at)
	}
	again := func(string, float64) bool { panic(errKilled) }
	if err := session(t, run, c, &diverging{bad: again}); !errors.Is(err, errKilled) {
		t.Fatal(err)
	}
	if !rundir.Folder(run).Diverged() {
		t.Error("a resume that did not come to the step has taken it back")
	}
	if err := session(t, run, c, &diverging{bad: good}); err != nil {
		t.Fatal(err)
	}
	if rundir.Folder(run).Diverged() {
		t.Error("the run still counts as diverged")
	}
}
