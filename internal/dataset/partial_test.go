package dataset

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image/color"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cmae/internal/dataset/pack"
)

// What stands beside a pack in the making, and how long the header of a pack is.
const (
	partExt    = ".part"
	journalExt = ".journal"
	headerSize = 80
)

// interrupted decodes until so many files are done, and gives the pack that there is not yet.
func interrupted(t *testing.T, c Config, files int) (pack string) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	_, err := Open(ctx, c, 1, func(done, _ int) {
		if done == files {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("after %d files: %v", files, err)
	}
	parts, _ := filepath.Glob(filepath.Join(c.CacheDir, "*"+partExt))
	if len(parts) != 1 {
		t.Fatalf("after %d files: %q", files, parts)
	}
	return strings.TrimSuffix(parts[0], partExt)
}

// packBytes are those of the pack of the training images, and there must be nothing besides packs.
func packBytes(t *testing.T, c Config, data *Data) []byte {
	t.Helper()
	if files, _ := os.ReadDir(c.CacheDir); len(files) != len(data.Report.Splits) {
		t.Errorf("left %v", files)
	}
	all, err := os.ReadFile(data.Report.Splits[0].Cache)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// wentOn is how many files a decode found done, 0 for none.
func wentOn(data *Data) (files int) {
	for _, note := range data.Report.Notes {
		if _, text, found := strings.Cut(note, "goes on after "); found {
			fmt.Sscan(text, &files)
		}
	}
	return files
}

// oddFolder has files of every kind that a record must tell: bad ones, turned and other sizes.
func oddFolder(t *testing.T) string {
	return write(t, smallFolder(t, 20), map[string][]byte{
		"train/cat/003.png": []byte("bad"), "train/cat/017.png": pngOf(9, 4, color.Gray{7}),
		"train/dog/001.png": pngOf(3, 31, color.Gray{9}), "train/dog/002.png": nil,
	})
}

// TestGoesOn: a decode that is stopped anywhere, or twice, gives the same bytes in the end, and
// decodes nothing again.
func TestGoesOn(t *testing.T) {
	for _, policy := range []OnError{Skip, Replace} {
		dir := oddFolder(t)
		c := configFor(t, dir)
		c.OnError, c.BadBudget = policy, .1
		whole := mustOpen(t, c)
		want := packBytes(t, c, whole)
		for _, files := range []int{1, 3, 4, 5, 22, 23, 24, 39} {
			c.CacheDir = t.TempDir()
			interrupted(t, c, files)
			interrupted(t, c, files+1)
			got := mustOpen(t, c)
			if n := wentOn(got); n < files { // those on their way then are done as well
				t.Errorf("%s: goes on after %d of %d files", policy, n, files)
			}
			if !bytes.Equal(packBytes(t, c, got), want) {
				t.Errorf("%s: other bytes after %d files", policy, files)
			}
			if !slices.Equal(got.Report.Bad, whole.Report.Bad) {
				t.Errorf("%s: bad files %v after %d files", policy, got.Report.Bad, files)
			}
		}
	}
}

// TestDecodesNothingAgain: files whose bytes are gone, and whose stamps are not, are not missed.
func TestDecodesNothingAgain(t *testing.T) {
	c := configFor(t, smallFolder(t, 20))
	want := contents(mustOpen(t, c).Train)
	c.CacheDir = t.TempDir()
	interrupted(t, c, 10)
	for i := range 9 {
		path := filepath.Join(c.Path, fmt.Sprintf("train/cat/%03d.png", i))
		info, err := os.Stat(path)
		if err == nil {
			err = os.WriteFile(path, make([]byte, info.Size()), info.Mode())
		}
		if err == nil {
			err = os.Chtimes(path, info.ModTime(), info.ModTime())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if got := contents(mustOpen(t, c).Train); !slices.Equal(got, want) {
		t.Error("other images")
	}
}

// TestTornPartial: whatever a crash or a disk made of the two files, the bytes are those of an
// undisturbed decode.
func TestTornPartial(t *testing.T) {
	c := configFor(t, oddFolder(t))
	c.OnError, c.BadBudget = Skip, .1
	want := packBytes(t, c, mustOpen(t, c))
	c.CacheDir = t.TempDir()
	pack := interrupted(t, c, 30)
	_, list, err := Cache(c)
	if err != nil || len(list) != 1 || !list[0].Partial {
		t.Fatalf("%v: %+v", err, list)
	}
	files := list[0].Images
	sound := map[string][]byte{}
	for _, ext := range []string{partExt, journalExt} {
		data, err := os.ReadFile(pack + ext)
		if err != nil {
			t.Fatal(err)
		}
		sound[ext] = data
	}
	try := func(name, ext string, data []byte) {
		for other, text := range sound {
			if other == ext {
				text = data
			}
			if err := os.WriteFile(pack+other, text, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		os.Remove(pack)
		got := mustOpen(t, c)
		if !bytes.Equal(packBytes(t, c, got), want) {
			t.Errorf("%s of %s: other bytes", name, ext)
		}
		if n := wentOn(got); (n == files) != (name == "tail") {
			t.Errorf("%s of %s: goes on after %d of %d files", name, ext, n, files)
		}
	}
	for ext, data := range sound {
		try("tail", ext, append(bytes.Clone(data), "left by a crash"...))
		for at := 0; at < len(data); at += len(data)/40 + 1 {
			try("truncation", ext, data[:at])
			flipped := bytes.Clone(data)
			flipped[at] ^= 0x20
			if ext == journalExt || at >= headerSize { // the pack's header is written anew
				try("flip", ext, flipped)
			}
		}
	}
	lines := bytes.SplitAfter(sound[journalExt], []byte("\n"))
	try("lost line", journalExt, bytes.Join(slices.Delete(lines, 5, 6), nil))
}

// TestPartialOfOther: a partial pack of other data or options is not gone on from, and goes.
func TestPartialOfOther(t *testing.T) {
	c := configFor(t, smallFolder(t, 20))
	interrupted(t, c, 10)
	write(t, c.Path, map[string][]byte{"train/dog/019.png": gray8(99)})
	data := mustOpen(t, c)
	if n := wentOn(data); n != 0 {
		t.Errorf("another file: goes on after %d files", n)
	}
	packBytes(t, c, data)

	write(t, c.Path, map[string][]byte{"train/dog/000.png": []byte("bad")})
	c.OnError, c.BadBudget, c.CacheDir = Replace, .1, t.TempDir()
	interrupted(t, c, 30)
	other, err := Open(context.Background(), c, 2, nil)
	if err != nil || wentOn(other) != 0 {
		t.Errorf("another seed: %v, goes on after %d files", err, wentOn(other))
	}
}

// TestOneGoesOn: of two processes on one cold cache one goes on, the other decodes by itself, and
// takes nothing from the first.
func TestOneGoesOn(t *testing.T) {
	c := configFor(t, smallFolder(t, 20))
	want := packBytes(t, c, mustOpen(t, c))
	c.CacheDir = t.TempDir()
	interrupted(t, c, 10)
	var second *Data
	first, err := Open(context.Background(), c, 1, func(done, _ int) {
		if done == 20 {
			if _, err := Prune(c, func(pack.Listed) bool { return true }); err != nil {
				t.Error(err)
			}
			second = mustOpen(t, c)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if wentOn(first) == 0 || wentOn(second) != 0 {
		t.Errorf("first after %d, second after %d files", wentOn(first), wentOn(second))
	}
	if !bytes.Equal(packBytes(t, c, first), want) {
		t.Error("other bytes")
	}
}

// TestCachedPartial: the cache lists an unfinished pack, and keeps it while it is of use.
func TestCachedPartial(t *testing.T) {
	c := configFor(t, smallFolder(t, 20))
	path := interrupted(t, c, 10)
	write(t, c.CacheDir, map[string][]byte{
		"lost.pack" + partExt: nil, "alone.pack" + journalExt: nil,
	})
	_, list, err := Cache(c)
	if err != nil || len(list) != 2 {
		t.Fatalf("%v: %+v", err, list)
	}
	for _, one := range list {
		if is := one.File == path+partExt; !one.Partial || is != (one.Broken == "") ||
			is != (one.Source == c.Path) || is != (one.Images >= 9) {
			t.Errorf("%+v", one)
		}
	}
	bad := func(one pack.Listed) bool { return one.Gone || one.Broken != "" }
	if removed, err := Prune(c, bad); err != nil || len(removed) != 1 {
		t.Errorf("%v, removed %+v", err, removed)
	}
	if left, _ := os.ReadDir(c.CacheDir); len(left) != 2 {
		t.Errorf("left %v", left)
	}
	all := func(pack.Listed) bool { return true }
	if removed, err := Prune(c, all); err != nil || len(removed) != 1 {
		t.Errorf("%v, removed %+v", err, removed)
	}
	if left, _ := os.ReadDir(c.CacheDir); len(left) != 0 {
		t.Errorf("left %v", left)
	}
}
