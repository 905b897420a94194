// Command cmae pretrains vision transformers without labels by contrastive masked autoencoding and measures what they learned.
//
// Each file but four is one command. root.go gathers them, flags.go holds the flags they share, exit.go says what a script may rely on,
// signals.go how a run is told to stop.
package main

import (
	"context"
	"fmt"
	"os"
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
		fmt.Fprintf(os.Stderr, "cmae: %v\n", explained(ctx, err))
	}
	return exitCode(ctx, err)
}
