package engine

import (
	"bufio"
	"math"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Memory is the most bytes that this process can have: all of the machine's memory and swap, or less by a limit of its own; infinite where
// the system doesn't tell.
func Memory() float64 {
	most := math.Inf(1)
	if f, err := os.Open("/proc/meminfo"); err == nil {
		defer f.Close()
		if total := sumOf(bufio.NewScanner(f), "MemTotal", "SwapTotal"); total > 0 {
			most = total
		}
	}
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_AS, &limit); err == nil {
		most = min(most, float64(limit.Cur)) // no limit is nearly 2^64
	}
	return most
}

// sumOf adds lines such as "MemTotal: 16384 kB", in bytes.
func sumOf(lines *bufio.Scanner, names ...string) (sum float64) {
	for lines.Scan() {
		for _, name := range names {
			if rest, ok := strings.CutPrefix(lines.Text(), name+":"); ok {
				n, _ := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(rest, "kB")), 64)
				sum += 1024 * n
			}
		}
	}
	return sum
}
