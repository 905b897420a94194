//go:build !linux

package mpi

import "time"

func pause(nanoseconds int64) { time.Sleep(time.Duration(nanoseconds)) }
func affinity() string        { return "" }
func handlers() int           { return 0 }
func restore(int)             {}
