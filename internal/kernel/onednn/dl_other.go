//go:build !linux

package onednn

func openLibrary(string) (uintptr, error)      { return 0, ErrUnsupported }
func bind(any, uintptr, string) error          { return ErrUnsupported }
func address(uintptr, string) (uintptr, error) { return 0, ErrUnsupported }
func call(uintptr, *[4]uintptr) status         { return runtimeError }
func setenv(name, value string, _ bool) error  { return ErrUnsupported }
