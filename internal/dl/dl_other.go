//go:build !(linux && (amd64 || arm64))

package dl

// Open refuses every library here, so that there is none to call.
func Open(string, bool) (Library, error) { return 0, ErrUnsupported }

// Symbol finds none.
func (Library) Symbol(string) (uintptr, error) { return 0, ErrUnsupported }

// Bind binds none.
func (Library) Bind(any, string) error { return ErrUnsupported }

// Call has nothing to call.
func Call(uintptr, ...uintptr) (first, second uintptr) { panic(ErrUnsupported) }

// Setenv sets nothing.
func Setenv(string, string, bool) error { return ErrUnsupported }
