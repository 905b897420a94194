//go:build unix

package xla

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// reserve takes addresses that nothing is mapped to.
func reserve() (unsafe.Pointer, error) {
	space, err := unix.Mmap(
		-1, 0, room, unix.PROT_NONE, unix.MAP_ANON|unix.MAP_PRIVATE|unix.MAP_NORESERVE,
	)
	return unsafe.Pointer(unsafe.SliceData(space)), err
}

// release gives them back.
func release(space []byte) { check(unix.Munmap(space)) }
