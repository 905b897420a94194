// Package machine tells what the system says of the machine: memory (machine.go), the CPU (cpu.go)
// and how many of its cores the process may use (cores.go), and of what the process has used
// (unix.go, windows.go). Linux says it in /proc; the other systems are asked in files of their
// name. Where a system says nothing, values are empty.
package machine

import (
	"bufio"
	"math"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
)

// MostMemory is the most bytes that this process can have: all of the machine's memory and swap, or
// less by a limit of its control groups or its own; infinite where the system doesn't tell.
func MostMemory() float64 {
	most := math.Inf(1)
	if total := Memory("MemTotal") + Memory("SwapTotal"); total > 0 {
		most = float64(total)
	}
	if limit := MemoryLimit(); limit > 0 {
		most = min(most, float64(limit)+float64(Memory("SwapTotal")))
	}
	return min(most, ownLimit())
}

// MemoryLimit is the smallest limit, in bytes, of the control groups that this process is in, 0 for
// none.
func MemoryLimit() int64 {
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
		for dir := parts[2]; ; dir = path.Dir(dir) { // a limit above holds below
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

// Memory is a size by its name in Linux's /proc/meminfo, such as MemTotal, in bytes; 0 where the
// system doesn't tell.
func Memory(key string) int64 {
	n, err := strconv.ParseInt(strings.TrimSuffix(field("/proc/meminfo", key), " kB"), 10, 64)
	if err != nil {
		return memory(key)
	}
	return n << 10
}

// Anonymous is the memory, in bytes, that this process holds beside files that it maps; 0 where the
// system doesn't tell.
func Anonymous() int64 {
	text := strings.TrimSuffix(field("/proc/self/status", "RssAnon"), " kB")
	n, err := strconv.ParseInt(text, 10, 64)
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

// lines are the lines of a small file, none where it cannot be read: other systems have no /proc.
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
