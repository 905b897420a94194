package trainer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cmae/internal/report"
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

// Rolled says how often a run has gone back, "" where it never has.
func Rolled(rollbacks int) string {
	if rollbacks == 0 {
		return ""
	}
	return ", " + report.Count(rollbacks, "rollback")
}

// recordEnd writes to the log how the run ended; the command shows it in its own way.
func (r *Run) recordEnd(err error) {
	r.recorder.endsAs(err)
	switch {
	case err == nil:
		r.Console.Record(
			"done: %s, %s, loss %.4f, checkpoint %s%s", report.Count(r.At.Epoch, "epoch"),
			report.Count(r.At.Step, "step"), r.At.Loss, r.Checkpoint(), Rolled(len(r.rollbacks)),
		)
	case errors.As(err, new(*Interrupted)), errors.As(err, new(*Diverged)):
		r.Console.Record("%v", err)
	default:
		r.Console.Record("failed: %v", err)
	}
}
