package heif

import "golang.org/x/sys/unix"

// limitMemory bounds what this process may take: the file, planes of 16 bits and their copies, and
// what a decoder keeps besides.
func limitMemory(maxPixels int) {
	limit := uint64(1<<30) + 48*uint64(maxPixels)
	// where it cannot be set, there is none
	unix.Setrlimit(unix.RLIMIT_DATA, &unix.Rlimit{Cur: limit, Max: limit})
}
