// Command cmae pretrains vision transformers without labels by contrastive masked autoencoding and measures what they learned.
//
// Each file but three is one command. root.go gathers them, flags.go holds the flags they share, exit.go says what a script may rely on.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() { os.Exit(run(os.Args[1:])) }

// run executes one command line and returns the exit code.
func run(args []string) int {
	ctx, stop := untilSignal(context.Background())
	defer stop()
	a := &app{out: os.Stdout, errOut: os.Stderr, environ: os.Environ()}
	root := newRootCmd(a)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err != nil {
		fmt.Fprintf(os.Stderr, "cmae: %v\n", err)
	}
	return exitCode(ctx, err)
}

// signalled is the cause of a context that a signal has ended.
type signalled struct{ signal syscall.Signal }

func (s signalled) Error() string { return s.signal.String() }

// untilSignal returns a context that SIGINT and SIGTERM end, so that a run can save; a second signal ends the process at once.
func untilSignal(parent context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		for s := range signals {
			number := s.(syscall.Signal)
			if ctx.Err() != nil {
				os.Exit(128 + int(number))
			}
			cancel(signalled{number})
		}
	}()
	return ctx, func() { signal.Stop(signals); close(signals); cancel(nil) }
}
