package doctor

import (
	"fmt"
	"os"
	"runtime"
	"strings"

	"cmae/internal/machine"
	"cmae/internal/system"
)

// The least memory in which the base recipe at batch 64 is at ease, and the least free space for
// decoded images, in bytes.
const (
	enoughMemory = 8 << 30
	enoughSpace  = 2 << 30
)

func (r *Report) cpu() {
	f := machine.CPU()
	r.Features = strings.Fields(f.String())
	name := machine.CPUName()
	if name == "" {
		name = runtime.GOARCH
	}
	switch {
	case machine.FastBF16():
		r.add("cpu", fmt.Sprintf("%s (%s)", name, f), OK, "")
	case f.AVX512, f.AVX2:
		r.add(
			"cpu", fmt.Sprintf("%s (%s)", name, f), OK,
			"bf16 would be several times as fast on a CPU with AMX",
		)
	default:
		r.add(
			"cpu", fmt.Sprintf("%s (%s)", name, f), Slow,
			"train on a CPU with AVX2: vector loops run as plain Go here",
		)
	}
	r.Cores = machine.Cores()
	found := fmt.Sprintf("%d of %d", r.Cores, runtime.NumCPU())
	if r.Cores == 1 {
		r.add("cores", found, Slow, "allow the process more cores: data and step share one")
	} else {
		r.add("cores", found, OK, "")
	}
}

func (r *Report) memory() {
	r.Memory, r.Available = machine.Memory("MemTotal"), machine.Memory("MemAvailable")
	r.Limit = machine.MemoryLimit()
	found := fmt.Sprintf("%.1f GB, %.1f GB free", gb(r.Memory), gb(r.Available))
	least := r.Available
	if least == 0 { // macOS doesn't tell
		found, least = fmt.Sprintf("%.1f GB", gb(r.Memory)), r.Memory
	}
	if r.Limit > 0 {
		found += fmt.Sprintf(", %.1f GB allowed by the control group", gb(r.Limit))
		least = min(least, r.Limit)
	}
	switch {
	case r.Memory == 0:
		r.add("memory", "this system doesn't tell", OK, "")
	case least < enoughMemory:
		r.add(
			"memory", found, Slow,
			"for ViT-B lower train.batch_size, or set train.accumulate for MAE",
		)
	default:
		r.add("memory", found, OK, "")
	}
}

// cache tries to write where decoded images go.
func (r *Report) cache(dir string) {
	const remedy = "set data.cache_dir to a folder that can be written; without one images are " +
		"decoded in every run"
	if dir == "" {
		user, err := system.CacheFolder()
		if err != nil {
			r.add("cache", err.Error(), Missing, remedy)
			return
		}
		dir = user
	}
	free, err := tryFolder(dir)
	switch {
	case err != nil:
		r.add("cache", err.Error(), Missing, remedy)
	case free < enoughSpace:
		r.add(
			"cache", fmt.Sprintf("%q, %.1f GB free", dir, gb(free)), Slow,
			"make room, or set data.cache_dir to a larger disk",
		)
	default:
		r.add("cache", fmt.Sprintf("%q, %.1f GB free", dir, gb(free)), OK, "")
	}
}

// tryFolder creates dir, a file in it, and returns the free space.
func tryFolder(dir string) (free int64, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return 0, err
	}
	f, err := os.CreateTemp(dir, ".doctor-*")
	if err != nil {
		return 0, err
	}
	defer os.Remove(f.Name())
	if err := f.Close(); err != nil {
		return 0, err
	}
	free, _, err = system.Room(dir)
	return free, err
}

func gb(bytes int64) float64 { return float64(bytes) / 1e9 }
