package doctor

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"cmae/internal/kernel/onednn"
)

// The least memory in which the base recipe at batch 64 is at ease, and the least free space for decoded images, in bytes.
const (
	enoughMemory = 8 << 30
	enoughSpace  = 2 << 30
)

func (r *Report) cpu() {
	f := onednn.CPU()
	r.Features = strings.Fields(f.String())
	name := field("/proc/cpuinfo", "model name")
	if name == "" {
		name = runtime.GOARCH
	}
	switch {
	case f.AMX:
		r.add("cpu", fmt.Sprintf("%s (%s)", name, f), OK, "")
	case f.AVX512, f.AVX2, runtime.GOARCH != "amd64":
		r.add("cpu", fmt.Sprintf("%s (%s)", name, f), OK, "bf16 would be several times as fast on a CPU with AMX")
	default:
		r.add("cpu", fmt.Sprintf("%s (%s)", name, f), Slow, "train on a CPU with AVX2: vector loops run as plain Go here")
	}
	r.Cores = runtime.GOMAXPROCS(0)
	found := fmt.Sprintf("%d of %d", r.Cores, runtime.NumCPU())
	if r.Cores == 1 {
		r.add("cores", found, Slow, "allow the process more cores: data and step share one")
	} else {
		r.add("cores", found, OK, "")
	}
}

func (r *Report) memory() {
	r.Memory, r.Available, r.Limit = kib("MemTotal"), kib("MemAvailable"), memoryLimit()
	found := fmt.Sprintf("%.1f GB, %.1f GB free", gb(r.Memory), gb(r.Available))
	least := r.Available
	if r.Limit > 0 {
		found += fmt.Sprintf(", %.1f GB allowed by the control group", gb(r.Limit))
		least = min(least, r.Limit)
	}
	switch {
	case r.Memory == 0:
		r.add("memory", "this system doesn't tell", OK, "")
	case least < enoughMemory:
		r.add("memory", found, Slow, "for ViT-B lower train.batch_size, or set train.accumulate for MAE")
	default:
		r.add("memory", found, OK, "")
	}
}

// cache tries to write where decoded images go.
func (r *Report) cache(dir string) {
	const remedy = "set data.cache_dir to a folder that can be written; without one images are decoded in every run"
	if dir == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			r.add("cache", err.Error(), Missing, remedy)
			return
		}
		dir = filepath.Join(user, "cmae")
	}
	free, err := tryFolder(dir)
	switch {
	case err != nil:
		r.add("cache", err.Error(), Missing, remedy)
	case free < enoughSpace:
		r.add("cache", fmt.Sprintf("%q, %.1f GB free", dir, gb(free)), Slow, "make room, or set data.cache_dir to a larger disk")
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
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, err
	}
	return int64(s.Bavail) * int64(s.Bsize), nil
}

// memoryLimit is the smallest limit of the control groups that this process is in, 0 for none.
func memoryLimit() int64 {
	var least int64
	for _, line := range lines("/proc/self/cgroup") {
		parts := strings.SplitN(line, ":", 3)
		if len(parts) != 3 {
			continue
		}
		var root, file string
		switch parts[1] {
		case "": // version 2
			root, file = "/sys/fs/cgroup", "memory.max"
		case "memory":
			root, file = "/sys/fs/cgroup/memory", "memory.limit_in_bytes"
		default:
			continue
		}
		for dir := parts[2]; ; dir = filepath.Dir(dir) { // a limit above holds below
			text, err := os.ReadFile(filepath.Join(root, dir, file))
			n, notNumber := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
			const none = 1 << 60 // version 1 writes nearly all ones for no limit, version 2 "max"
			if err == nil && notNumber == nil && n < none && (least == 0 || n < least) {
				least = n
			}
			if dir == "/" || dir == "." {
				break
			}
		}
	}
	return least
}

// kib reads a size from /proc/meminfo, in bytes.
func kib(key string) int64 {
	n, err := strconv.ParseInt(strings.TrimSuffix(field("/proc/meminfo", key), " kB"), 10, 64)
	if err != nil {
		return 0
	}
	return n << 10
}

// field is the value behind "key:" in a file of the system, empty where there is none.
func field(path, key string) string {
	for _, line := range lines(path) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == key {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// lines are those of a small file, none where it cannot be read: other systems have no /proc.
func lines(path string) []string {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	var list []string
	for s := bufio.NewScanner(f); s.Scan(); {
		list = append(list, s.Text())
	}
	return list
}

func gb(bytes int64) float64 { return float64(bytes) / 1e9 }
