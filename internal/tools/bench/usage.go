package bench

import (
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// peakRSS is the most memory that the process ever held, in bytes.
func peakRSS() int64 {
	peak := int64(usage().Maxrss)
	if runtime.GOOS == "darwin" {
		return peak
	}
	return peak << 10 // others count in KiB
}

// cpuTime is what the process has used of all cores.
func cpuTime() time.Duration {
	u := usage()
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func usage() unix.Rusage {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		panic("bench: getrusage: " + err.Error()) // it fails on wrong arguments only
	}
	return u
}

// heapAllocated is the sum of all that was ever allocated on Go's heap.
func heapAllocated() int64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.TotalAlloc)
}
