//go:build !linux

package heif

func open(string) (uintptr, error)                     { return 0, ErrMissing }
func address(uintptr, string) (uintptr, error)         { return 0, ErrMissing }
func call(uintptr, ...uintptr) (first, second uintptr) { return 0, 0 }
func limitMemory(int)                                  {}
