package machine

import (
	"runtime"
	"strings"

	"golang.org/x/sys/cpu"
)

// Features are the instruction sets of an x86 CPU that decide how fast training is. All are false
// elsewhere.
type Features struct {
	AMX        bool // bf16 tiles: bf16 matmuls at several times the f32 rate
	AVX512BF16 bool // bf16 vectors
	AVX512     bool
	AVX2       bool
}

// CPU tells what this machine has.
func CPU() Features {
	x := cpu.X86
	return Features{
		AMX:        x.HasAMXTile && x.HasAMXBF16,
		AVX512BF16: x.HasAVX512BF16,
		AVX512:     x.HasAVX512F && x.HasAVX512BW && x.HasAVX512DQ && x.HasAVX512VL,
		AVX2:       x.HasAVX2 && x.HasFMA,
	}
}

// FastBF16 reports whether bf16 matmuls of this CPU are faster than f32 ones. AMX makes them so;
// AVX512-BF16 does on AMD's CPUs, but on Intel's without AMX it halves the rate (150 GFLOP/s
// against 250 measured): there factors are widened to F32.
func FastBF16() bool {
	if runtime.GOARCH != "amd64" || CPU().AMX {
		return true
	}
	return CPU().AVX512BF16 && field("/proc/cpuinfo", "vendor_id") != "GenuineIntel"
}

// CPUName is what the CPU calls itself, empty where the system doesn't tell.
func CPUName() string {
	if name := field("/proc/cpuinfo", "model name"); name != "" {
		return name
	}
	return cpuName()
}

// String lists the features that are there, "AVX512 AVX2", or "none".
func (f Features) String() string {
	var have []string
	for _, c := range []struct {
		name string
		has  bool
	}{{"AMX", f.AMX}, {"AVX512-BF16", f.AVX512BF16}, {"AVX512", f.AVX512}, {"AVX2", f.AVX2}} {
		if c.has {
			have = append(have, c.name)
		}
	}
	if have == nil {
		return "none"
	}
	return strings.Join(have, " ")
}
