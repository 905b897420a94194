package proof

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestMemoryOfALongRun: twenty times the steps take as much memory, but for what waits for the
// garbage collector.
func TestMemoryOfALongRun(t *testing.T) {
	home := t.TempDir()
	short := must(t, home, append(tiny(), "pretrain", "-q", "--out", home+"/short")...)
	long := must(t, home, append(
		tiny(), "pretrain", "-q", "--out", home+"/long", "--set", "train.epochs=120", "--set",
		"train.checkpoint_every=10",
	)...)
	const slack = 16 << 20
	if long.memory > short.memory*5/4+slack {
		t.Errorf("%d MB, %d MB for a short run", long.memory>>20, short.memory>>20)
	}
	t.Logf("%d MB, %d MB for a short run", long.memory>>20, short.memory>>20)
}

// TestMemoryOfManyFiles: a file takes its name and its pixels' place, not its pixels; 2,000 files,
// or as many as CMAE_TEST_FILES says.
func TestMemoryOfManyFiles(t *testing.T) {
	count := 2000
	if text := os.Getenv("CMAE_TEST_FILES"); text != "" {
		var err error
		if count, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	home := t.TempDir()
	end, p := start(t, home, append(sets(
		"data.path="+folder(t, home, count), "data.image_size=28", "threads=1",
	), "pretrain", "-q", "--dry-run")...)
	most := anonymous(p)
	o := end()
	if o.code != 0 {
		t.Fatalf("exit %d: %s", o.code, o.stderr)
	}
	const base, each = 200 << 20, 4 << 10
	own := <-most
	if own == 0 || own > base+int64(count)*each {
		t.Errorf("%d MB for %d files", own>>20, count)
	}
	t.Logf(
		"%d MB of its own, %d MB with the mapped cache, %v for %d files", own>>20, o.memory>>20,
		o.took, count,
	)
}

// anonymous gives, when a process has ended, the most that it had resident of its own: without
// files that it maps, which the system takes back when it needs their place.
func anonymous(p *os.Process) <-chan int64 {
	result := make(chan int64, 1)
	go func() {
		var most int64
		defer func() { result <- most }()
		for ; ; time.Sleep(5 * time.Millisecond) {
			text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.Pid))
			_, rest, found := strings.Cut(string(text), "RssAnon:")
			if err != nil || !found { // it has ended
				return
			}
			var kb int64
			if _, err := fmt.Sscan(rest, &kb); err != nil {
				return
			}
			most = max(most, kb<<10)
		}
	}()
	return result
}
