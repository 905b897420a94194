package dataset

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image/color"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// contents is all of a set, for comparison.
func contents(s *Set) (all []string) {
	for i := range s.Len() {
		box, _ := s.Box(i)
		img := s.Image(i)
		all = append(all, fmt.Sprint(s.Name(i), s.Label(i), box, img.Width, img.Height, img.Pix))
	}
	return append(all, s.Digest())
}

func TestCacheHitAndStale(t *testing.T) {
	dir := smallFolder(t, 3)
	c := configFor(t, dir)
	first := mustOpen(t, c)
	second := mustOpen(t, c)
	if first.Report.Splits[0].CacheHit || !second.Report.Splits[0].CacheHit ||
		!second.Report.Splits[1].CacheHit {
		t.Errorf("hits: %+v then %+v", first.Report.Splits, second.Report.Splits)
	}
	if diff := cmp.Diff(contents(first.Train), contents(second.Train)); diff != "" {
		t.Error(diff)
	}
	const changed = "train/cat/000.png"
	later := time.Now().Add(time.Minute) // however coarse the clock of the file system
	write(t, dir, map[string][]byte{changed: gray8(99)})
	if err := os.Chtimes(filepath.Join(dir, changed), later, later); err != nil {
		t.Fatal(err)
	}
	if third := mustOpen(t, c); third.Report.Splits[0].CacheHit ||
		firstPixel(third.Train, 0)[0] != 99 || len(third.Report.Warnings) != 0 {
		t.Errorf("changed file: %+v", third.Report)
	}
	c.OnError = Skip
	if other := mustOpen(t, c); other.Report.Splits[0].CacheHit {
		t.Error("changed option: stale cache used")
	}
	if left, _ := filepath.Glob(filepath.Join(c.CacheDir, "*")); len(left) != 2 {
		t.Errorf("cache folder holds %q, want one file a split", left)
	}
}

// TestDamagedCache: whatever happens to the file, the data is right and the user is told.
func TestDamagedCache(t *testing.T) {
	c := configFor(t, smallFolder(t, 3))
	want := contents(mustOpen(t, c).Train)
	path := mustOpen(t, c).Report.Splits[0].Cache
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	flipped := func(at int) []byte {
		data := bytes.Clone(whole)
		data[at] ^= 0x10
		return data
	}
	cases := map[string][]byte{
		"empty": {}, "header only": whole[:headerSize], "half": whole[:len(whole)/2],
		"one byte short": whole[:len(whole)-1], "one byte long": append(bytes.Clone(whole), 0),
		"magic": flipped(0), "version": flipped(8), "count": flipped(12), "length": flipped(55),
		"pixel": flipped(headerSize + 5), "index": flipped(len(whole) - 5),
		"text": []byte(strings.Repeat("hello ", 100)),
	}
	for name, data := range cases {
		os.Remove(path) // a mapped file is replaced, never written to
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		data := mustOpen(t, c)
		if data.Report.Splits[0].CacheHit || len(data.Report.Warnings) != 1 {
			t.Errorf("%s: %+v", name, data.Report)
		}
		if diff := cmp.Diff(want, contents(data.Train)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if !mustOpen(t, c).Report.Splits[0].CacheHit {
			t.Errorf("%s: not repaired", name)
		}
	}
}

// TestCacheIsAFIFO: nobody waits for its other end.
func TestCacheIsAFIFO(t *testing.T) {
	c := configFor(t, smallFolder(t, 1))
	path := mustOpen(t, c).Report.Splits[0].Cache
	os.Remove(path)
	if err := exec.Command("mkfifo", path).Run(); err != nil {
		t.Fatal(err)
	}
	if data := mustOpen(t, c); data.Report.Splits[0].CacheHit || len(data.Report.Warnings) != 1 {
		t.Errorf("%+v", data.Report)
	}
}

// TestUnwritableCache: a folder that cannot be made, a file that cannot be replaced: a warning, and
// the same data from memory.
func TestUnwritableCache(t *testing.T) {
	c := configFor(t, smallFolder(t, 3))
	good := mustOpen(t, c)

	blocked := c
	blocked.CacheDir = filepath.Join(
		write(t, t.TempDir(), map[string][]byte{"file": nil}), "file", "below",
	)
	occupied := c
	occupied.CacheDir = t.TempDir()
	// a folder stands where the file should be renamed to
	for _, split := range good.Report.Splits {
		write(
			t, filepath.Join(occupied.CacheDir, filepath.Base(split.Cache)),
			map[string][]byte{"x": nil},
		)
	}
	for name, config := range map[string]Config{"blocked": blocked, "occupied": occupied} {
		data := mustOpen(t, config)
		if len(data.Report.Warnings) == 0 ||
			!strings.Contains(
				strings.Join(data.Report.Warnings, " "), "data.cache_dir",
			) || data.Report.Splits[0].Cache != "" {
			t.Errorf("%s: %+v", name, data.Report)
		}
		if diff := cmp.Diff(contents(good.Train), contents(data.Train)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		if left, _ := filepath.Glob(filepath.Join(config.CacheDir, ".*")); len(left) != 0 {
			t.Errorf("%s: left %q", name, left)
		}
	}
}

func TestReadOnlyCacheFolder(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root may write anywhere")
	}
	c := configFor(t, smallFolder(t, 2))
	if err := os.MkdirAll(c.CacheDir, 0o555); err != nil {
		t.Fatal(err)
	}
	if data := mustOpen(t, c); len(data.Report.Warnings) == 0 {
		t.Errorf("%+v", data.Report)
	}
}

func TestWorkersDoNotShow(t *testing.T) {
	dir := smallFolder(t, 40)
	write(
		t, dir,
		map[string][]byte{"train/cat/005.png": []byte("bad"), "train/dog/030.png": []byte("bad")},
	)
	var want []string
	for _, workers := range []int{1, 4} {
		c := configFor(t, dir)
		c.Workers, c.OnError, c.BadBudget = workers, Skip, .1
		data := mustOpen(t, c)
		got := append(contents(data.Train), fmt.Sprint(data.Report.Bad))
		if want == nil {
			want = got
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%d workers: %s", workers, diff)
		}
	}
}

func TestSkipAndBudget(t *testing.T) {
	dir := smallFolder(t, 20)
	write(
		t, dir,
		map[string][]byte{
			"train/cat/001.png": nil, "train/cat/003.png": []byte("x"),
			"train/dog/007.png": gray8(1)[:40],
		},
	)
	c := configFor(t, dir)
	c.OnError, c.BadBudget = Skip, 3./40
	for range 2 { // decoded, then from the cache
		data := mustOpen(t, c)
		var names []string
		for _, bad := range data.Report.Bad {
			names = append(names, bad.Path)
		}
		if want := []string{
			"train/cat/001.png", "train/cat/003.png", "train/dog/007.png",
		}; !slices.Equal(names, want) || data.Train.Len() != 37 {
			t.Errorf("%d images, bad %q", data.Train.Len(), names)
		}
		if data.Train.Name(1) != "train/cat/002.png" {
			t.Errorf("order: %q", data.Train.Name(1))
		}
	}
	c.BadBudget = .05
	_, err := Open(context.Background(), c, 1, nil)
	wantFault(t, err, "more than 2 bad files", "train/cat/001.png (empty file)", "data.bad_budget")
	if left, _ := filepath.Glob(filepath.Join(c.CacheDir, ".*")); len(left) != 0 {
		t.Errorf("left %q", left)
	}
}

func TestCancel(t *testing.T) {
	c := configFor(t, smallFolder(t, 60))
	c.Workers = 1
	ctx, cancel := context.WithCancel(context.Background())
	_, err := Open(ctx, c, 1, func(done, _ int) {
		if done == 20 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if left, _ := os.ReadDir(c.CacheDir); len(left) != 2 {
		t.Errorf("left %v, want what the next one goes on from", left)
	}
}

func TestProgress(t *testing.T) {
	last, total := 0, 0
	_, err := Open(context.Background(), configFor(t, smallFolder(t, 5)), 1, func(d, n int) {
		if d != last+1 {
			t.Errorf("%d after %d", d, last)
		}
		last, total = d, n
	})
	if err != nil || last != 12 || total != 12 {
		t.Errorf("%d of %d, %v", last, total, err)
	}
}

func TestStoredSize(t *testing.T) {
	dir := smallFolder(t, 1)
	write(
		t, dir,
		map[string][]byte{
			"train/cat/big.png": pngOf(60, 40, color.Gray{80}),
			"train/cat/mid.png": pngOf(16, 30, color.Gray{81}),
		},
	)
	c := configFor(t, dir)
	if _, err := mustOpen(t, c).Side(); err == nil ||
		!strings.Contains(err.Error(), "data.image_size") {
		t.Errorf("sizes differ, but side gives %v", err)
	}
	c.ImageSize = 8
	data := mustOpen(t, c)
	// reduced only above twice the size
	for i, want := range map[int][2]int{0: {8, 8}, 1: {24, 16}, 2: {16, 30}} {
		if img := data.Train.Image(i); img.Width != want[0] || img.Height != want[1] {
			t.Errorf("%s stored as %dx%d, want %v", data.Train.Name(i), img.Width, img.Height, want)
		}
	}
	if side, err := data.Side(); side != 8 || err != nil {
		t.Errorf("%d, %v", side, err)
	}
}
