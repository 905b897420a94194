package machine

import "golang.org/x/sys/unix"

// memory is what the system tells of a size that Linux has in /proc/meminfo.
func memory(key string) int64 {
	if key != "MemTotal" {
		return 0
	}
	bytes, err := unix.SysctlUint64("hw.memsize")
	if err != nil {
		return 0
	}
	return int64(bytes)
}

// cpuName is what the CPU calls itself.
func cpuName() string {
	name, err := unix.Sysctl("machdep.cpu.brand_string")
	if err != nil {
		return ""
	}
	return name
}
