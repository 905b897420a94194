package trainer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cmae/internal/dataset/loader"
	"cmae/internal/fault"
	"cmae/internal/graph/nn"
	"cmae/internal/kernel"
	"cmae/internal/report"
	"cmae/internal/rundir"
)

// Interrupted is the error of a run that was told to stop. Checkpoint is where it can go on.
type Interrupted struct {
	Checkpoint string
	Cause      error
}

func (e *Interrupted) Error() string {
	return fmt.Sprintf("interrupted (%v); saved %s", e.Cause, e.Checkpoint)
}

// Unwrap is what ended the context.
func (e *Interrupted) Unwrap() error { return e.Cause }

// stopped handles the end of ctx: it calls save, which writes a checkpoint, and returns an
// *Interrupted, or save's error. Other errors pass.
func stopped(ctx context.Context, err error, save func() (path string, err error)) error {
	if ctx.Err() == nil || !errors.Is(err, ctx.Err()) && !errors.Is(err, context.Cause(ctx)) {
		return err
	}
	path, saveErr := save()
	if saveErr != nil {
		return fmt.Errorf("interrupted (%v), and not saved: %w", context.Cause(ctx), saveErr)
	}
	return &Interrupted{Checkpoint: path, Cause: context.Cause(ctx)}
}

// slowStep is how long a step may take after a signal before the log says what is waited for.
const slowStep = 200 * time.Millisecond

// tellStop has the log say, once ctx ends, that the run saves when its step is over, if that takes
// a while. quiet ends it.
func (r *Run) tellStop(ctx context.Context) (quiet func()) {
	over := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		select {
		case <-over:
		case <-time.After(slowStep):
			r.Console.Log("%v: saving after this step", context.Cause(ctx))
		}
	})
	return func() { stop(); close(over) }
}

// Diverged is the error of a run whose loss or gradient was no longer finite. The step's update was
// not made.
type Diverged struct {
	Step   int    // the step that failed, from 1
	Term   string // a term of the loss, "loss", or "gradient of NAME"
	Report string // the file that says what the step worked on, "" where it could not be written
}

// Is makes every Diverged a fault.NonFinite.
func (e *Diverged) Is(target error) bool { return target == fault.NonFinite }

func (e *Diverged) Error() string {
	text := fmt.Sprintf(
		"diverged at step %d: %s is not finite; the update was not made, and a resume would come to "+
			"the same",
		e.Step, e.Term,
	)
	if e.Report != "" {
		text += fmt.Sprintf("; %s names the images of the step", e.Report)
	}
	return text + "; start another run with a lower optim.base_lr or with optim.clip_norm"
}

// recordEnd writes to the log how the run ended; the command shows it in its own way.
func (r *Run) recordEnd(err error) {
	switch {
	case err == nil:
		r.Console.Record(
			"done: %s, %s, loss %.4f, checkpoint %s", report.Count(r.At.Epoch, "epoch"),
			report.Count(r.At.Step, "step"), r.At.Loss, r.Checkpoint(),
		)
	case errors.As(err, new(*Interrupted)), errors.As(err, new(*Diverged)):
		r.Console.Record("%v", err)
	default:
		r.Console.Record("failed: %v", err)
	}
}

// notFinite names the first parameter whose gradient is not finite, "" if all are.
func notFinite(e kernel.Engine, params []*nn.Param, grads []kernel.Tensor) string {
	norm := e.New(kernel.F64)
	defer e.Free(norm)
	for i, g := range grads {
		if e.Norm(norm, []kernel.Tensor{g}); !kernel.Finite(kernel.Scalar(e, norm)) {
			return params[i].Name
		}
	}
	return ""
}

// failure is what is needed to look into a step that failed: every draw follows from the seed, the
// epoch and the images named.
type failure struct {
	Step     int               `json:"step"`
	Epoch    int               `json:"epoch"`
	Position int               `json:"position"`
	Term     string            `json:"term"`
	Losses   map[string]string `json:"losses"` // JSON has no NaN
	LR       float64           `json:"lr"`
	Seed     uint64            `json:"seed"`
	Images   []int32           `json:"images"`
}

// diverged reports, in diverged.json too, what a step worked on in which the number called term is
// not finite. The error is a *Diverged.
func (r *Run) diverged(term string, row rundir.Row, b *loader.Batch) (err error) {
	fail := failure{
		Step: row.Step, Epoch: row.Epoch, Position: r.At.InEpoch, Term: term,
		Losses: map[string]string{rundir.Loss: fmt.Sprint(row.Values[rundir.Loss])},
		LR:     row.Values[rundir.LearningRate], Seed: r.settings.Common.Seed, Images: r.indices(b),
	}
	for name, v := range row.Group(rundir.Terms) {
		fail.Losses[name] = fmt.Sprint(v)
	}
	diverged := &Diverged{Step: fail.Step, Term: term}
	diverged.Report, err = r.recorder.diverged(fail)
	return errors.Join(diverged, err)
}
