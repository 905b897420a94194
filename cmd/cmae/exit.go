package main

import (
	"context"
	"errors"
	"syscall"

	"cmae/internal/config"
	"cmae/internal/dataset"
	"cmae/internal/evaluate"
	"cmae/internal/rundir"
	"cmae/internal/rundir/checkpoint"
	"cmae/internal/trainer"
	"cmae/internal/weights/safetensors"
)

// The exit codes, which scripts rely on. 128 and the number of a signal stand for a run that it
// interrupted.
const (
	exitDone       = 0
	exitFailed     = 1
	exitUsage      = 2
	exitData       = 3
	exitCheckpoint = 4
	exitDiverged   = 5
)

// usageError is a mistake on the command line.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// exitCode is the one place that maps errors to codes.
func exitCode(ctx context.Context, err error) int {
	var diverged *trainer.Diverged
	var settings *config.Error
	var usage usageError
	by, stopped := stoppedBy(ctx, err)
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &diverged), errors.Is(err, evaluate.ErrNonFinite):
		return exitDiverged
	case stopped:
		return 128 + int(by.signal)
	case errors.As(err, &settings), errors.As(err, &usage), errors.Is(err, rundir.ErrUsage):
		return exitUsage
	case errors.Is(err, syscall.EPIPE):
		return 128 + int(syscall.SIGPIPE)
	case errors.Is(err, dataset.ErrData):
		return exitData
	case errors.Is(err, checkpoint.ErrCorrupt), errors.Is(
		err, checkpoint.ErrMismatch,
	), errors.Is(err, checkpoint.ErrNone),
		errors.Is(err, safetensors.ErrFormat):
		return exitCheckpoint
	}
	return exitFailed
}
