package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"cmae/internal/fault"
	"cmae/internal/system"
	"cmae/internal/trainer"
)

// echo is how soon after the first a signal is still the same one: timeout(1) sends it to its child
// and then to the child's group.
const echo = time.Second

// patience is how long work that has nothing to save may go on after a signal.
const patience = 1500 * time.Millisecond

// untilSignal returns a context that a signal ends, with a fault.Signal as its cause, so that a run
// can save (fault.Hold). Work that has nothing to save is cut off if it has not ended by itself
// soon. A second signal ends the process at once; where a run still saves, a third does. SIGHUP
// stays ignored where it was, as under nohup. A pipe whose reader has gone is an error of writing:
// a run whose progress nobody reads any more goes on.
func untilSignal(parent context.Context) (context.Context, func()) {
	signal.Ignore(syscall.SIGPIPE)
	parent, holds := fault.WithHolds(parent)
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 2)
	for _, s := range system.StopSignals {
		if s != syscall.SIGHUP || !signal.Ignored(s) {
			signal.Notify(signals, s)
		}
	}
	done := make(chan struct{})
	go func() {
		var last time.Time
		var late <-chan time.Time
		var number fault.Signal
		for warned := false; ; {
			select {
			case <-done:
				return
			case <-late:
				if !holds.Any() {
					cutOff(number)
				}
			case s := <-signals:
				switch {
				case ctx.Err() == nil:
					number, last = fault.Signal(s.(syscall.Signal)), time.Now()
					late = time.After(patience)
					cancel(number)
				case time.Since(last) <= echo:
				case holds.Any() && !warned:
					fmt.Fprintln(os.Stderr, "cmae: still saving; another signal ends without it")
					warned, last = true, time.Now()
				default:
					cutOff(fault.Signal(s.(syscall.Signal)))
				}
			}
		}
	}()
	return ctx, sync.OnceFunc(func() { signal.Stop(signals); close(done); cancel(nil) })
}

// leaveSignals has the process of a job not be ended by signals any more, once it only has to leave
// the others: launchers repeat theirs, and hold up those that leave.
func leaveSignals(stop func()) {
	signal.Ignore(system.StopSignals...)
	stop()
}

// cutOff ends the process.
func cutOff(by fault.Signal) {
	err := fmt.Errorf("interrupted (%w)", by)
	fmt.Fprintf(os.Stderr, "cmae: %v\n", err)
	os.Exit(fault.ExitCode(err))
}

// stoppedBy is the signal that ended ctx if err comes of that: whatever was to be saved is then
// saved.
func stoppedBy(ctx context.Context, err error) (by fault.Signal, stopped bool) {
	cause := context.Cause(ctx)
	if !errors.As(cause, &by) {
		return by, false
	}
	return by, errors.Is(err, ctx.Err()) || errors.Is(err, cause)
}

// explained is err, or in place of the bare end of ctx what it means: work that had nothing to save
// was interrupted.
func explained(ctx context.Context, err error) error {
	var saved *trainer.Interrupted
	if by, stopped := stoppedBy(ctx, err); stopped && !errors.As(err, &saved) {
		return fmt.Errorf("interrupted (%w)", by)
	}
	return err
}

// interruption is what --json prints of a run that a signal ended.
type interruption struct {
	Interrupted string `json:"interrupted"` // by what
	Run         string `json:"run"`
	Checkpoint  string `json:"checkpoint"`
	Resume      string `json:"resume"` // the command that goes on
}

// interrupted adds to an interruption the command line that goes on with the run, and prints what
// was saved where JSON was asked for. Other errors pass.
func (a *app) interrupted(err error, run, again string) error {
	var saved *trainer.Interrupted
	if !errors.As(err, &saved) {
		return err
	}
	if a.json {
		err = errors.Join(
			err, a.printJSON(interruption{fmt.Sprint(saved.Cause), run, saved.Checkpoint, again}),
		)
	}
	return fmt.Errorf("%w; go on with: %s", err, again)
}
