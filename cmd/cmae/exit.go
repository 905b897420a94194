package main

import (
	"fmt"
	"io"
	"runtime/debug"

	"cmae/internal/fault"
)

// usageError is a mistake on the command line: a fault.Usage.
type usageError struct{ error }

// Is makes every usageError a fault.Usage.
func (e usageError) Is(target error) bool { return target == fault.Usage }

// Unwrap gives the cause.
func (e usageError) Unwrap() error { return e.error }

// exitBug is the exit code of a panic, which Go would end with 2, the code of a user's mistake.
const exitBug = 1

// guarded runs the program and returns its exit code. A panic is a bug of ours: its trace goes to
// errOut. One of another goroutine cannot be caught and ends the process by SIGABRT (main).
func guarded(errOut io.Writer, program func() int) (code int) {
	defer func() {
		if r := recover(); r != nil {
			fmt.Fprintf(
				errOut, "cmae: a bug: please report this with what follows: %v\n\n%s", r,
				debug.Stack(),
			)
			code = exitBug
		}
	}()
	return program()
}
