package dataset

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"cmae/internal/dataset/pack"
)

// TestCached: the cache tells what it holds and from where, and loses what is asked, gone or left.
func TestCached(t *testing.T) {
	keep, gone := configFor(t, smallFolder(t, 2)), configFor(t, smallFolder(t, 1))
	gone.CacheDir = keep.CacheDir
	if _, list, err := Cache(keep); len(list) != 0 || err != nil {
		t.Fatalf("before: %v, %v", list, err)
	}
	mustOpen(t, gone)
	mustOpen(t, keep)
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.RemoveAll(gone.Path))
	for name, text := range map[string]string{"x.pack": "short", ".y.pack1234567890123": "left", "note.txt": "mine"} {
		must(os.WriteFile(filepath.Join(keep.CacheDir, name), []byte(text), 0o644))
	}
	dir, list, err := Cache(keep)
	if err != nil || dir != keep.CacheDir || len(list) != 5 {
		t.Fatalf("%v: %q, %+v", err, dir, list)
	}
	counts := map[string]int{}
	for _, one := range list {
		if one.Broken == "" && time.Since(one.Used) > time.Minute {
			t.Errorf("used long ago: %+v", one)
		}
		if one.Gone != (one.Source == gone.Path) || (one.Broken != "") != (one.Source == "") {
			t.Errorf("%+v", one)
		}
		counts[one.Source] += one.Images
	}
	if counts[keep.Path] != 6 || counts[gone.Path] != 4 {
		t.Errorf("images %v", counts)
	}
	removed, err := Prune(keep, func(one pack.Listed) bool { return one.Gone || one.Broken != "" })
	if err != nil || len(removed) != 3 {
		t.Errorf("%v, removed %+v", err, removed)
	}
	left, err := os.ReadDir(keep.CacheDir)
	if err != nil || len(left) != 3 {
		t.Errorf("%v, left %v", err, left)
	}
	if !mustOpen(t, keep).Report.Splits[0].CacheHit {
		t.Error("what stays is no longer used")
	}
}
