//go:build !linux

package mpi

import "time"

func open(string) (uintptr, error)            { return 0, errUnsupported }
func symbol(uintptr, string) (uintptr, error) { return 0, errUnsupported }
func call(uintptr, []uintptr) int             { return 1 }
func pause(nanoseconds int64)                 { time.Sleep(time.Duration(nanoseconds)) }
func affinity() string                        { return "" }
func handlers() int                           { return 0 }
func restore(int)                             {}
