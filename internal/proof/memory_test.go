package proof

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestMemoryOfALongRun: twenty times the steps take as much memory, but for what waits for the
// garbage collector.
func TestMemoryOfALongRun(t *testing.T) {
	home := t.TempDir()
	resident := func(run string, more ...string) int64 {
		args := append(tiny(), "pretrain", "-q", "--out", filepath.Join(home, run))
		end, p := start(t, home, append(args, sets(more...)...)...)
		most := peak(p, "VmHWM")
		if o := end(); o.code != 0 {
			t.Fatalf("%s: exit %d: %s", run, o.code, o.stderr)
		}
		return <-most
	}
	short := resident("short")
	long := resident("long", "train.epochs=120", "train.checkpoint_every=10")
	const slack = 16 << 20
	if short == 0 || long == 0 || long > short*5/4+slack {
		t.Errorf("%d MB, %d MB for a short run", long>>20, short>>20)
	}
	t.Logf("%d MB, %d MB for a short run", long>>20, short>>20)
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
	// of its own: without files that it maps, which the system takes back when it needs their place
	most, mapped := peak(p, "RssAnon"), peak(p, "VmHWM")
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
		"%d MB of its own, %d MB with the mapped cache, %v for %d files", own>>20, (<-mapped)>>20,
		o.took, count,
	)
}

// peak gives, when a process has ended, the most bytes that the system said of it under a name.
// What it says of one that has ended counts what its parent had resident.
func peak(p *os.Process, name string) <-chan int64 {
	result := make(chan int64, 1)
	go func() {
		var most int64
		defer func() { result <- most }()
		for ; ; time.Sleep(5 * time.Millisecond) {
			text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.Pid))
			_, rest, found := strings.Cut(string(text), name+":")
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
