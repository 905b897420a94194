package mpi

import (
	"fmt"
	"strings"

	"golang.org/x/sys/unix"
)

// pause gives the processor away for a moment.
func pause(nanoseconds int64) {
	t := unix.NsecToTimespec(nanoseconds)
	_ = unix.Nanosleep(&t, nil)
}

// affinity names the cores that this process may use, as hexadecimal words.
func affinity() string {
	var cores unix.CPUSet
	_ = unix.SchedGetaffinity(0, &cores)
	return strings.TrimRight(fmt.Sprintf("%x", cores), " 0]")
}
