//go:build !(linux && amd64 && go1.26 && !go1.27)

package onednn

// callHeld is call where there is no way that keeps the processor.
func callHeld(fn uintptr, args *[4]uintptr) status { return call(fn, args) }
