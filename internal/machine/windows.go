//go:build windows

package machine

import (
	"fmt"
	"math"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
)

// ownLimit is infinite: limits of jobs are not asked for.
func ownLimit() float64 { return math.Inf(1) }

var (
	kernel32 = windows.NewLazySystemDLL("kernel32.dll")
	status   = kernel32.NewProc("GlobalMemoryStatusEx")
	counters = kernel32.NewProc("K32GetProcessMemoryInfo")
)

// memory is what the system tells of a size that Linux has in /proc/meminfo.
func memory(key string) int64 {
	s := struct {
		length, load                uint32
		physical, free, page, paged uint64
		virtual, unused, extended   uint64
	}{length: 64}
	if done, _, _ := status.Call(uintptr(unsafe.Pointer(&s))); done == 0 {
		return 0
	}
	return map[string]int64{
		"MemTotal": int64(s.physical), "MemAvailable": int64(s.free),
		"SwapTotal": max(0, int64(s.page)-int64(s.physical)),
	}[key]
}

// cpuName is what the CPU calls itself.
func cpuName() string {
	const path = `HARDWARE\DESCRIPTION\System\CentralProcessor\0`
	key, err := registry.OpenKey(registry.LOCAL_MACHINE, path, registry.QUERY_VALUE)
	if err != nil {
		return ""
	}
	defer key.Close()
	name, _, err := key.GetStringValue("ProcessorNameString")
	if err != nil {
		return ""
	}
	return name
}

// PeakRSS is the most memory that the process ever held, in bytes, 0 where the system doesn't tell.
func PeakRSS() int64 {
	c := struct {
		length, faults uint32
		peak           uintptr
		_              [7]uintptr
	}{}
	c.length = uint32(unsafe.Sizeof(c))
	done, _, _ := counters.Call(
		uintptr(windows.CurrentProcess()), uintptr(unsafe.Pointer(&c)), uintptr(c.length),
	)
	if done == 0 {
		return 0
	}
	return int64(c.peak)
}

// CPUTime is what the process has used of all cores.
func CPUTime() time.Duration {
	var created, ended, kernel, user windows.Filetime
	err := windows.GetProcessTimes(windows.CurrentProcess(), &created, &ended, &kernel, &user)
	if err != nil {
		panic("machine: process times: " + err.Error()) // it fails on wrong arguments only
	}
	return ticks(kernel) + ticks(user)
}

// ticks is a time in units of 100 ns.
func ticks(t windows.Filetime) time.Duration {
	return time.Duration(int64(t.HighDateTime)<<32|int64(t.LowDateTime)) * 100
}

// Kernel is the system's name and release.
func Kernel() string {
	major, minor, build := windows.RtlGetNtVersionNumbers()
	return fmt.Sprintf("Windows %d.%d.%d", major, minor, build)
}
