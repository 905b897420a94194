// Package dl opens shared libraries and calls their functions without cgo, on Linux alone.
//
// Read dl.go (which systems), dl_linux.go (what can be done there).
package dl

import "errors"

// ErrUnsupported says that this system cannot open a shared library this way.
var ErrUnsupported = errors.New("works on linux/amd64 and linux/arm64 only")

// Library is an opened shared library. It stays open for good: its threads may outlive whoever
// called it.
type Library uintptr
