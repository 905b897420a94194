// Package fault is the kinds of error that scripts tell apart, each with its exit code. The package
// that meets an error says what happened and wraps the kind, with %w or by a method Is; nobody
// else decides about exit codes.
package fault

import (
	"errors"
	"syscall"

	"cmae/internal/system"
	"cmae/internal/weights/safetensors"
)

// The exit codes that are no kind's.
const (
	done   = 0
	failed = 1 // whatever has no kind: the machine's fault, or a bug
)

// FromSignal and the number of a signal are the exit code of what the signal ended.
const FromSignal = 128

// Kind is a kind of error, which errors.Is finds in a chain.
type Kind struct {
	text string
	code int
}

// Error is what the kind is called in the text of an error that wraps it with %w.
func (k *Kind) Error() string { return k.text }

// The kinds.
var (
	// Usage: what was asked for cannot be done so, as a new run in a folder that holds one.
	Usage = &Kind{"cannot run", 2}
	// Settings: a setting has a value that cannot be. Every *config.Error is one.
	Settings = &Kind{"bad settings", 2}
	// Data: the images or labels are at fault. Every *dataset.Error is one.
	Data = &Kind{"bad data", 3}
	// Missing: there is no checkpoint, no file of weights, where one is named.
	Missing = &Kind{"no checkpoint", 4}
	// Corrupt: the bytes of a checkpoint are not those that were written.
	Corrupt = &Kind{"corrupt checkpoint", 4}
	// Mismatch: sound weights or a sound checkpoint do not fit what they are loaded for.
	Mismatch = &Kind{"checkpoint does not fit", 4}
	// NonFinite: the numbers of a training have become infinite or undefined.
	NonFinite = &Kind{"loss is not finite", 5}
)

// Signal is the cause of a context that a signal has ended, and wrapped by the error of what was
// interrupted by it.
type Signal syscall.Signal

// Error is the signal's name.
func (s Signal) Error() string { return syscall.Signal(s).String() }

// Elsewhere is an error of another process of the same job, with the exit code that it has there.
type Elsewhere struct {
	Text string
	Code int
}

func (e *Elsewhere) Error() string { return e.Text }

// ExitCode is the code with which the program ends on err. Of an error of several kinds the first
// in the order of this function counts.
func ExitCode(err error) int {
	var by Signal
	var other *Elsewhere
	switch {
	case err == nil:
		return done
	case errors.As(err, &other):
		return other.Code
	case errors.Is(err, NonFinite):
		return NonFinite.code
	case errors.As(err, &by):
		return FromSignal + int(by)
	case errors.Is(err, Usage), errors.Is(err, Settings):
		return Usage.code
	case system.ReaderGone(err):
		return FromSignal + int(syscall.SIGPIPE)
	case errors.Is(err, Data):
		return Data.code
	case errors.Is(err, Missing), errors.Is(err, Corrupt), errors.Is(err, Mismatch),
		errors.Is(err, safetensors.ErrFormat):
		return Mismatch.code
	}
	return failed
}
