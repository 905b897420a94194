// Package pjrt drives an OpenXLA PJRT plugin without cgo. A plugin is one shared library for a kind
// of device (CPU, CUDA, ROCm, oneAPI), which compiles StableHLO and runs it.
//
// Read find.go (which plugin), plugin.go (how it is opened and called) with
// places.go (where its functions and their arguments lie), client.go (its devices), start.go (what
// the environment says of them), buffer.go (memory), program.go (compiling and running), ahead.go
// (compiling for a device that is not there), options.go.
//
// A plugin exports one function, GetPjrtApi, that returns a table of functions. Each of them takes
// one pointer, to a struct of its arguments, and returns an error object or nil. The structs of
// this package mirror pjrt_c_api.h up to the last field that is used; their first field tells the
// plugin how long they are. Fields that point into Go's memory are Go pointers, so that what they
// point at stays where it is.
package pjrt

import (
	"errors"
	"fmt"
	"runtime"
	"unsafe"

	"cmae/internal/dl"
)

// head begins every struct of arguments.
type head struct {
	size uintptr
	ext  uintptr
}

// Plugin is an opened plugin.
type Plugin struct {
	Path         string
	Major, Minor int32 // of its interface

	table unsafe.Pointer
	kind  Kind // the zero Kind where nobody knows
}

// The versions of the interface that this package is written for. Functions and fields are only
// ever appended while the major version stays.
const (
	major       = 0
	oldestMinor = 81
)

// Load opens a plugin. It starts no client, so that it works where there is no device. The file
// stays open for good, since its threads outlive any client.
func Load(path string) (*Plugin, error) {
	lib, err := dl.Open(path, false)
	if err != nil {
		return nil, err
	}
	var api func() unsafe.Pointer
	if lib.Bind(&api, "GetPjrtApi") != nil {
		return nil, errors.New("it is no PJRT plugin: it has no function GetPjrtApi")
	}
	p := &Plugin{Path: path, table: api()}
	if err := p.readVersion(); err != nil {
		return nil, err
	}
	if err := do(p, fnPluginInitialize, &struct{ head }{}); err != nil {
		return nil, fmt.Errorf("it does not start: %w", err)
	}
	return p, nil
}

// readVersion refuses an interface that this package does not know.
func (p *Plugin) readVersion() error {
	p.Major, p.Minor = *(*int32)(unsafe.Add(p.table, 32)), *(*int32)(unsafe.Add(p.table, 36))
	if p.Major != major || p.Minor < oldestMinor {
		return fmt.Errorf(
			"its PJRT interface is version %d.%d, and %d.%d or a later %d.x is needed",
			p.Major, p.Minor, major, oldestMinor, major,
		)
	}
	return nil
}

// Error is what a plugin says.
type Error struct {
	Code int32 // of absl::StatusCode
	Text string
}

func (e *Error) Error() string { return oneLine(e.Text) }

// Exhausted is the code of an error for want of memory.
const Exhausted = 8

// OutOfMemory tells whether err is a device's that has no memory left.
func OutOfMemory(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == Exhausted
}

// do calls a function of the table with its arguments.
func do[T any](p *Plugin, place int, args *T) error {
	failure := p.call(place, unsafe.Pointer(args), unsafe.Sizeof(*args))
	runtime.KeepAlive(args)
	if failure == 0 {
		return nil
	}
	message := &struct {
		object
		text *byte
		n    uintptr
	}{object: object{handle: failure}}
	p.call(fnErrorMessage, unsafe.Pointer(message), unsafe.Sizeof(*message))
	code := &struct {
		object
		code int32
	}{object: object{handle: failure}}
	p.call(fnErrorGetCode, unsafe.Pointer(code), unsafe.Sizeof(*code))
	err := &Error{Code: code.code, Text: textOf(message.text, message.n)}
	done := &object{handle: failure}
	p.call(fnErrorDestroy, unsafe.Pointer(done), unsafe.Sizeof(*done))
	return err
}

// call calls a function of the table with arguments that begin with a head and lie in Go's heap. It
// returns an error object, or 0.
func (p *Plugin) call(place int, args unsafe.Pointer, size uintptr) (failure uintptr) {
	(*head)(args).size = size
	failure, _ = dl.Call(p.function(place), uintptr(args))
	return failure
}

// function is the address of a function of the table.
func (p *Plugin) function(place int) uintptr {
	return *(*uintptr)(unsafe.Add(p.table, firstFunction+8*place))
}

// object is an argument of functions that take nothing but one object of the plugin.
type object struct {
	_      head
	handle uintptr
}

// named asks for the text that a function tells of an object.
func (p *Plugin) named(place int, handle uintptr) (string, error) {
	a := &struct {
		object
		text *byte
		n    uintptr
	}{object: object{handle: handle}}
	err := do(p, place, a)
	return textOf(a.text, a.n), err
}

// destroy frees an object of the plugin.
func (p *Plugin) destroy(place int, handle uintptr) error {
	return do(p, place, &object{handle: handle})
}

func textOf(p *byte, n uintptr) string {
	if p == nil || n == 0 {
		return ""
	}
	return string(unsafe.Slice(p, n))
}
