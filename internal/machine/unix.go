//go:build unix

package machine

import (
	"math"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// ownLimit is the most bytes that this process may map, or map to write to, infinite where there is
// no limit.
func ownLimit() float64 {
	least := math.Inf(1)
	for _, kind := range []int{unix.RLIMIT_AS, unix.RLIMIT_DATA} {
		var limit unix.Rlimit
		if err := unix.Getrlimit(kind, &limit); err == nil {
			least = min(least, float64(limit.Cur)) // no limit is nearly 2^64
		}
	}
	return least
}

// PeakRSS is the most memory that the process ever held, in bytes.
func PeakRSS() int64 {
	peak := int64(usage().Maxrss)
	if runtime.GOOS == "darwin" {
		return peak
	}
	return peak << 10 // others count in KiB
}

// CPUTime is what the process has used of all cores.
func CPUTime() time.Duration {
	u := usage()
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func usage() unix.Rusage {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		panic("machine: getrusage: " + err.Error()) // it fails on wrong arguments only
	}
	return u
}

// Kernel is the system's name and release, as "Linux 6.1.0".
func Kernel() string {
	var name unix.Utsname
	if unix.Uname(&name) != nil {
		return ""
	}
	return unix.ByteSliceToString(name.Sysname[:]) + " " +
		unix.ByteSliceToString(name.Release[:])
}
