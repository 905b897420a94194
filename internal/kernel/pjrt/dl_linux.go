package pjrt

import (
	"fmt"
	"runtime"
	"unsafe"

	"github.com/ebitengine/purego"
)

// openLibrary maps a shared library and what it depends on.
func openLibrary(path string) (uintptr, error) {
	if runtime.GOARCH != "amd64" && runtime.GOARCH != "arm64" {
		return 0, fmt.Errorf("%w: linux/%s", ErrUnsupported, runtime.GOARCH)
	}
	return purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_LOCAL)
}

// shareLibrary opens a library whose functions later ones find by themselves.
func shareLibrary(path string) error {
	_, err := purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_GLOBAL)
	return err
}

// api is the table of functions of a plugin.
func api(lib uintptr) (unsafe.Pointer, error) {
	address, err := purego.Dlsym(lib, "GetPjrtApi")
	if err != nil {
		return nil, err
	}
	var get func() unsafe.Pointer
	purego.RegisterFunc(&get, address)
	return get(), nil
}

// call runs a C function of one pointer. What that points at must be in Go's heap.
func call(fn uintptr, args unsafe.Pointer) uintptr {
	r, _, _ := purego.SyscallN(fn, uintptr(args))
	return r
}

// setenv sets a variable for C libraries, which os.Setenv does not reach, unless it is set.
func setenv(name, value string) {
	address, err := purego.Dlsym(purego.RTLD_DEFAULT, "setenv")
	if err != nil {
		return // the variables of this package only make libraries quieter
	}
	var f func(name, value string, override int32) int32
	purego.RegisterFunc(&f, address)
	f(name, value, 0)
}

// callHandle runs a C function on an object that is not Go's.
func callHandle(fn, handle uintptr) { purego.SyscallN(fn, handle) }
