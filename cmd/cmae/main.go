// Command cmae pretrains vision transformers without labels by contrastive masked autoencoding and
// measures what they learned.
//
// Most files are one command. root.go gathers them, flags.go holds the flags they share, refuse.go
// says what was probably meant, complete.go what a shell may offer, output.go is where they write,
// exit.go says how the program ends (the exit codes are package fault's), signals.go how a run is
// told to stop.
package main

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"cmae/internal/dataset/heif"
	"cmae/internal/fault"
	"cmae/internal/kernel"
	"cmae/internal/report"
	"cmae/internal/system"
)

func main() {
	debug.SetTraceback("crash")
	os.Exit(guarded(os.Stderr, func() int { return run(os.Args[1:]) }))
}

// run executes one command line and returns the exit code.
func run(args []string) int {
	if len(args) > 0 && args[0] == heif.Worker { // a process of our own asks for pictures
		if err := heif.Serve(args[1:], os.Stdin, os.Stdout); err != nil {
			return fault.ExitCode(err)
		}
		return 0
	}
	ctx, stop := newWatcher().untilSignal(context.Background())
	defer stop()
	out := &output{file: os.Stdout}
	a := &app{out: out, errOut: os.Stderr, environ: os.Environ(), args: args}
	root := newRootCmd(a)
	root.SetArgs(args)
	err := executed(ctx, root)
	if err == nil && out.err != nil {
		err = fmt.Errorf("write result: %w", out.err)
	}
	err = explained(ctx, err)
	if err != nil && !system.ReaderGone(err) && a.speaks(err) { // head has read enough
		line := strings.ReplaceAll(err.Error(), "\n", "; ") // of several errors
		fmt.Fprintf(os.Stderr, "cmae: %s\n", report.Printable(line))
	}
	if a.world != nil {
		leaveSignals(stop)
		a.leave(err)
	}
	return fault.ExitCode(err)
}

// executed runs a command, which may read numbers of an engine that fails only then.
func executed(ctx context.Context, root *cobra.Command) (err error) {
	defer kernel.Catch(&err)
	return root.ExecuteContext(ctx)
}
