package mpi

import "golang.org/x/sys/unix"

// action is room for the kernel's struct sigaction.
type action [64]byte

// lastSignal is the last that libraries handle.
const lastSignal = 31

// handlers are what handles each signal now. A library that is initialised puts its own there, as
// MPICH does for SIGUSR1 and UCX for faults, which do not run on the stack that Go asks for.
func handlers() (all [lastSignal + 1]*action) {
	for s := 1; s <= lastSignal; s++ {
		all[s] = kept[action]()
		_, _, _ = unix.RawSyscall6(
			unix.SYS_RT_SIGACTION, uintptr(s), 0, pointer(all[s]), setBytes, 0, 0,
		)
	}
	return all
}

// setBytes is the size of the kernel's set of signals.
const setBytes = 8

// restore has signals handled as they were.
func restore(all [lastSignal + 1]*action) {
	for s := 1; s <= lastSignal; s++ {
		_, _, _ = unix.RawSyscall6(
			unix.SYS_RT_SIGACTION, uintptr(s), pointer(all[s]), 0, setBytes, 0, 0,
		)
	}
}
