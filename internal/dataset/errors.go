package dataset

import (
	"errors"
	"fmt"
)

// ErrData is what errors.Is finds in every fault of the data itself, as opposed to the settings.
var ErrData = errors.New("bad data")

// Error is a fault of the data: where, what, and what the user can do about it.
type Error struct {
	Path   string // file or folder
	Err    error  // what is wrong
	Remedy string // may be empty
}

// fault makes an Error from a format.
func fault(path, remedy, format string, args ...any) *Error {
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

// Is makes every Error an ErrData.
func (e *Error) Is(target error) bool { return target == ErrData }

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }
