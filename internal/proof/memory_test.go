package proof

import (
	"os"
	"strconv"
	"testing"
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
	o := must(t, home, append(sets(
		"data.path="+folder(t, home, count), "data.image_size=28", "threads=1",
	), "pretrain", "-q", "--dry-run")...)
	const base, each = 400 << 20, 4 << 10
	if o.memory > base+int64(count)*each {
		t.Errorf("%d MB for %d files", o.memory>>20, count)
	}
	t.Logf("%d MB, %v for %d files", o.memory>>20, o.took, count)
}
