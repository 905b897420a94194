package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"cmae/internal/fault"
	"cmae/internal/system"
	"cmae/internal/trainer"
)

// watcher ends a context, and then the process, by signals.
type watcher struct {
	// how soon after the first a signal is still the same one: timeout(1) sends it to its child and
	// then to the child's group
	echo     time.Duration
	patience time.Duration // how long work that has nothing to save may go on after a signal
	received atomic.Int64  // signals so far

	holds  *fault.Holds // what is still to be saved
	cancel context.CancelCauseFunc
	first  fault.Signal     // that ended the context
	late   <-chan time.Time // when patience with what has nothing to save is over
	last   time.Time        // when the last signal came that was no echo
	warned bool             // that the next one ends what still saves
}

func newWatcher() *watcher {
	return &watcher{echo: time.Second, patience: 1500 * time.Millisecond}
}

// untilSignal returns a context that a signal ends, with a fault.Signal as its cause, so that a run
// can save (fault.Hold). Work that has nothing to save is cut off if it has not ended by itself
// soon. A second signal ends the process at once; where a run still saves, a third does. SIGHUP
// stays ignored where it was, as under nohup. A pipe whose reader has gone is an error of writing:
// a run whose progress nobody reads any more goes on.
func (w *watcher) untilSignal(parent context.Context) (context.Context, func()) {
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
	w.holds, w.cancel = holds, cancel
	go w.watch(ctx, signals, done)
	return ctx, sync.OnceFunc(func() { signal.Stop(signals); close(done); cancel(nil) })
}

// watch takes signals until done.
func (w *watcher) watch(ctx context.Context, signals <-chan os.Signal, done <-chan struct{}) {
	for {
		select {
		case <-done:
			return
		case <-w.late:
			if !w.holds.Any() {
				cutOff(w.first)
			}
		case s := <-signals:
			w.take(ctx, fault.Signal(s.(syscall.Signal)))
			w.received.Add(1)
		}
	}
}

// take does what a signal asks for: the first one ends the context, an echo of it nothing, one
// while a run saves warns, and any other cuts off.
func (w *watcher) take(ctx context.Context, s fault.Signal) {
	switch {
	case ctx.Err() == nil:
		w.first, w.last, w.late = s, time.Now(), time.After(w.patience)
		w.cancel(s)
	case time.Since(w.last) <= w.echo:
	case w.holds.Any() && !w.warned:
		fmt.Fprintln(os.Stderr, "cmae: still saving; another signal ends without it")
		w.warned, w.last = true, time.Now()
	default:
		cutOff(s)
	}
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
