//go:build unix

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"cmae/internal/fault"
	"cmae/internal/system"
	"cmae/internal/trainer"
)

// TestSignals: each of them ends the context, and an echo of it does not end the process, which
// here would be the test. The watcher has an hour's patience, as a busy machine may halt the test
// between two signals.
func TestSignals(t *testing.T) {
	for _, s := range system.StopSignals {
		if s == syscall.SIGHUP && signal.Ignored(s) {
			t.Log("left out: SIGHUP is ignored here, as nohup has it")
			continue
		}
		w := newWatcher()
		w.echo, w.patience = time.Hour, time.Hour
		ctx, stop := w.untilSignal(context.Background())
		number := s.(syscall.Signal)
		for sent := range int64(2) {
			if err := syscall.Kill(syscall.Getpid(), number); err != nil {
				t.Fatal(err)
			}
			for deadline := time.Now().Add(time.Minute); w.received.Load() <= sent; {
				if time.Now().After(deadline) {
					t.Fatalf("%v: %d of %d came", s, w.received.Load(), sent+1)
				}
				time.Sleep(time.Millisecond)
			}
			if ctx.Err() == nil {
				t.Fatalf("%v does not end the context", s)
			}
		}
		if cause := context.Cause(ctx); cause != error(fault.Signal(number)) {
			t.Errorf("%v: cause %v", s, cause)
		}
		if code := fault.ExitCode(explained(ctx, context.Canceled)); code != 128+int(number) {
			t.Errorf("%v: exit code %d", s, code)
		}
		stop()
	}
}

func TestExplained(t *testing.T) {
	ctx, cancel := context.WithCancelCause(context.Background())
	broken := errors.New("broken")
	if err := explained(ctx, broken); err != broken {
		t.Errorf("without a signal: %v", err)
	}
	cancel(fault.Signal(syscall.SIGTERM))
	saved := &trainer.Interrupted{Checkpoint: "run/checkpoints/step-3", Cause: context.Cause(ctx)}
	for _, c := range []struct {
		err  error
		want string
	}{
		{broken, "broken"},
		{saved, saved.Error()},
		{fmt.Errorf("evaluate: encode images: %w", context.Canceled), "interrupted (terminated)"},
		{context.Cause(ctx), "interrupted (terminated)"},
	} {
		if got := explained(ctx, c.err).Error(); got != c.want {
			t.Errorf("%v: got %q, want %q", c.err, got, c.want)
		}
	}
	again := resuming("pretrain", "my run")
	stopped := (&app{}).interrupted(saved, "my run", again)
	if code := fault.ExitCode(explained(ctx, stopped)); code != 128+int(syscall.SIGTERM) {
		t.Errorf("saved: exit code %d", code)
	}
	var out bytes.Buffer
	err := (&app{out: &out, json: true}).interrupted(saved, "my run", again)
	const want = "cmae pretrain --out 'my run' --resume"
	if !strings.HasSuffix(err.Error(), "; go on with: "+want) {
		t.Errorf("no command to go on with: %v", err)
	}
	var printed interruption
	if err := json.Unmarshal(out.Bytes(), &printed); err != nil || printed.Resume != want ||
		printed.Checkpoint != saved.Checkpoint {
		t.Errorf("printed %s: %v", out.Bytes(), err)
	}
	lost := fmt.Errorf("interrupted, and not saved: %w", syscall.ENOSPC)
	if code := fault.ExitCode(explained(ctx, lost)); code != 1 {
		t.Errorf("not saved: exit code %d", code)
	}
}
