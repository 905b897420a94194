package mpi

import (
	"fmt"
	"runtime"
	"strings"

	"github.com/ebitengine/purego"
	"golang.org/x/sys/unix"
)

// open maps a shared library. Its symbols are global, as the parts of Open MPI that it loads itself
// need them.
func open(path string) (uintptr, error) {
	if runtime.GOARCH != "amd64" && runtime.GOARCH != "arm64" {
		return 0, errUnsupported
	}
	return purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_GLOBAL)
}

func symbol(handle uintptr, name string) (uintptr, error) { return purego.Dlsym(handle, name) }

// call calls a C function of integers and pointers. What they point at lives in the heap, and is
// kept alive by the caller.
func call(fn uintptr, args []uintptr) int {
	r, _, _ := purego.SyscallN(fn, args...)
	return int(int32(r))
}

// pause gives the processor away for a moment.
func pause(nanoseconds int64) {
	t := unix.NsecToTimespec(nanoseconds)
	_ = unix.Nanosleep(&t, nil)
}

// affinity names the cores that this process may use, as hexadecimal words.
func affinity() string {
	var cores unix.CPUSet
	_ = unix.SchedGetaffinity(0, &cores)
	return strings.TrimRight(fmt.Sprintf("%x", cores), " 0]")
}
