//go:build go1.26 && !go1.27

package onednn

import "unsafe"

// callHeld runs a C function as call does, and keeps Go's processor while it runs. call gives the
// processor away and asks for it back, for which the runtime's monitor wakes thousands of times a
// second and pushes aside the threads that compute (docs/performance-log.md, calls of the library).
// What stops all goroutines, as a collection does, waits for the function, which should be a short
// one.
//
// The runtime calls C so itself, but does not promise it to others: a version of Go that this was
// not tried with takes call.
func callHeld(fn uintptr, args *[4]uintptr) status {
	c := cCall{function: fn, args: *args}
	asmcgocall(callFourAddress, unsafe.Pointer(&c))
	return status(int32(c.result))
}

// cCall is what callFour of held_linux_amd64.s reads and writes.
type cCall struct {
	function uintptr
	args     [4]uintptr
	result   uintptr
}

// callFourAddress is callFour, to be called on a C stack.
var callFourAddress unsafe.Pointer

//go:linkname asmcgocall runtime.asmcgocall
//go:noescape
func asmcgocall(fn, arg unsafe.Pointer) int32
