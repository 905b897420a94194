//go:build amd64 || arm64

package dl

import (
	"fmt"

	"github.com/ebitengine/purego"
)

// Open maps a shared library and what it depends on. Libraries that are opened later find the
// symbols of a global one by themselves.
func Open(path string, global bool) (Library, error) {
	scope := purego.RTLD_LOCAL
	if global {
		scope = purego.RTLD_GLOBAL
	}
	file, err := purego.Dlopen(path, purego.RTLD_NOW|scope)
	return Library(file), err
}

// Symbol is the address of a function or variable.
func (l Library) Symbol(name string) (uintptr, error) { return purego.Dlsym(uintptr(l), name) }

// Bind points the Go function variable *fn at a C function. Its parameters must match the C ones.
func (l Library) Bind(fn any, name string) error {
	address, err := l.Symbol(name)
	if err != nil {
		return err
	}
	purego.RegisterFunc(fn, address)
	return nil
}

// Call runs a C function of integers and pointers, without reflection, and gives both registers
// that it may return in. What the pointers point at lies in the heap and stays reachable in Go
// while the function runs; the compiler sees to it where they are converted in the call.
//
//go:uintptrescapes
func Call(fn uintptr, args ...uintptr) (first, second uintptr) {
	first, second, _ = purego.SyscallN(fn, args...)
	return first, second
}

// Setenv changes the environment that C libraries see, which os.Setenv does not reach. A variable
// that is set stays as it is, unless override.
func Setenv(name, value string, override bool) error {
	var set func(name, value string, override bool) int32
	if err := Library(purego.RTLD_DEFAULT).Bind(&set, "setenv"); err != nil {
		return err
	}
	if set(name, value, override) != 0 {
		return fmt.Errorf("setenv %s=%s refused", name, value)
	}
	return nil
}
