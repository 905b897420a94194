//go:build !linux

package pjrt

import "unsafe"

func openLibrary(string) (uintptr, error)  { return 0, ErrUnsupported }
func shareLibrary(string) error            { return ErrUnsupported }
func api(uintptr) (unsafe.Pointer, error)  { return nil, ErrUnsupported }
func call(uintptr, unsafe.Pointer) uintptr { return 0 }
func setenv(string, string)                {}
func callHandle(uintptr, uintptr)          {}
