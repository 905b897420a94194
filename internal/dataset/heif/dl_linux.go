package heif

import (
	"fmt"
	"runtime"

	"github.com/ebitengine/purego"
	"golang.org/x/sys/unix"
)

// open maps a shared library and what it depends on.
func open(path string) (uintptr, error) {
	if runtime.GOARCH != "amd64" && runtime.GOARCH != "arm64" {
		return 0, fmt.Errorf("%w: linux/%s", ErrMissing, runtime.GOARCH)
	}
	return purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_GLOBAL)
}

func address(file uintptr, name string) (uintptr, error) { return purego.Dlsym(file, name) }

// call gives both registers that a function returns in.
//
//go:uintptrescapes
func call(fn uintptr, args ...uintptr) (first, second uintptr) {
	first, second, _ = purego.SyscallN(fn, args...)
	return first, second
}

// limitMemory bounds what this process may take: the file, planes of 16 bits and their copies, and
// what a decoder keeps besides.
func limitMemory(maxPixels int) {
	limit := uint64(1<<30) + 48*uint64(maxPixels)
	// where it cannot be set, there is none
	unix.Setrlimit(unix.RLIMIT_DATA, &unix.Rlimit{Cur: limit, Max: limit})
}
