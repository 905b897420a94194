package dataset

import (
	"fmt"

	"cmae/internal/fault"
)

// Error is a fault of the data itself, as opposed to the settings, a fault.Data: where, what, and
// what the user can do about it.
type Error struct {
	Path   string // file or folder
	Err    error  // what is wrong
	Remedy string // may be empty
}

// faultOf makes an Error from a format.
func faultOf(path, remedy, format string, args ...any) *Error {
	return &Error{Path: path, Err: fmt.Errorf(format, args...), Remedy: remedy}
}

// Error is one line: package, file, fault, remedy.
func (e *Error) Error() string {
	text := fmt.Sprintf("dataset: %q: %v", e.Path, e.Err)
	if e.Remedy != "" {
		text += ": " + e.Remedy
	}
	return text
}

// Is makes every Error a fault.Data.
func (e *Error) Is(target error) bool { return target == fault.Data }

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }
