package onednn

import (
	"fmt"
	"runtime"

	"github.com/ebitengine/purego"
)

// openLibrary maps a shared library and what it depends on.
func openLibrary(path string) (uintptr, error) {
	if runtime.GOARCH != "amd64" && runtime.GOARCH != "arm64" {
		return 0, fmt.Errorf("%w: linux/%s", ErrUnsupported, runtime.GOARCH)
	}
	return purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_GLOBAL)
}

// bind points the Go function variable *fn at a C function. Its parameters must match the C ones.
func bind(fn any, handle uintptr, name string) error {
	address, err := purego.Dlsym(handle, name)
	if err != nil {
		return err
	}
	purego.RegisterFunc(fn, address)
	return nil
}

// address finds a C function that is called without reflection and without garbage, by call
// or callHeld.
func address(handle uintptr, name string) (uintptr, error) { return purego.Dlsym(handle, name) }

// call runs a C function of up to four integers and pointers. args must live in the heap for good,
// which keeps purego from copying them there; what they point at must stay reachable in Go while
// the function runs.
func call(fn uintptr, args *[4]uintptr) status {
	r, _, _ := purego.SyscallN(fn, args[:]...)
	return status(int32(r))
}

// setenv changes the environment that C libraries see, which os.Setenv does not reach. A variable
// that is set stays as it is, unless override.
func setenv(name, value string, override bool) error {
	var f func(name, value string, override int32) int32
	if err := bind(&f, purego.RTLD_DEFAULT, "setenv"); err != nil {
		return err
	}
	o := int32(0)
	if override {
		o = 1
	}
	if f(name, value, o) != 0 {
		return fmt.Errorf("setenv %s=%s refused", name, value)
	}
	return nil
}
