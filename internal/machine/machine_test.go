package machine

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func TestField(t *testing.T) {
	path := filepath.Join(t.TempDir(), "info")
	if err := os.WriteFile(
		path, []byte("MemTotal:       16384 kB\nmodel name\t: A: fast\n"), 0o644,
	); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{
		"MemTotal": "16384 kB", "model name": "A: fast", "none": "",
	} {
		if got := field(path, key); got != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
	if got := field(path+".none", "MemTotal"); got != "" {
		t.Errorf("a file that is not there says %q", got)
	}
}

// TestMostMemory: it is a bound, and no less than what is free.
func TestMostMemory(t *testing.T) {
	most := MostMemory()
	if !(most > 1<<20) {
		t.Errorf("%g bytes", most)
	}
	if limit := MemoryLimit(); limit > 0 && most > float64(limit)+float64(Memory("SwapTotal")) {
		t.Errorf("%g bytes, of which the control group allows %d", most, limit)
	}
}

// TestAnonymous: it is a part of what the process has had at most.
func TestAnonymous(t *testing.T) {
	held := Anonymous()
	if runtime.GOOS == "linux" && held == 0 || held > PeakRSS() {
		t.Errorf("%d bytes, of %d at most", held, PeakRSS())
	}
}
