package pack

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"cmae/internal/atomicfile"
	"cmae/internal/dataset/augment"
)

// dot is an image of one pixel.
var dot = Image{Image: augment.Image{Width: 1, Height: 1, Pix: []byte{1, 2, 3}}}

func nothing() int64 { return 0 }

// TestFullDisk: writing fails half way, the old file stays and no other.
func TestFullDisk(t *testing.T) {
	f := File{Path: filepath.Join(t.TempDir(), "a.pack")}
	if err := os.WriteFile(f.Path, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	err := f.Write(t.Context(), nil, nothing, nil, func(p *Packer) error {
		p.Add(dot)
		return UnwritableError{errors.New("no space left on device")}
	})
	after, _ := os.ReadFile(f.Path)
	if err == nil || string(after) != "old" {
		t.Errorf("error %v, file %q", err, after)
	}
	if files, _ := os.ReadDir(filepath.Dir(f.Path)); len(files) != 1 {
		t.Errorf("left %v", files)
	}
}

// TestSweep: what a killed process left goes at once, what another is writing stays.
func TestSweep(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{".a.pack1234567890123", ".b.pack1234567890123", "b.pack"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	pending, err := atomicfile.Create(filepath.Join(dir, "a.pack"))
	if err != nil {
		t.Fatal(err)
	}
	defer pending.Cleanup()
	Sweep(dir)
	left, _ := filepath.Glob(filepath.Join(dir, ".*.pack*"))
	if len(left) != 1 || left[0] != pending.Name() {
		t.Errorf("left %q, want %s alone", left, pending.Name())
	}
	if _, err := os.Stat(filepath.Join(dir, "b.pack")); err != nil {
		t.Error(err)
	}
}

// TestPartialUnwritable: what could not be written is not kept.
func TestPartialUnwritable(t *testing.T) {
	f := File{Path: filepath.Join(t.TempDir(), "a.pack")}
	kept := f.Partial("key")
	err := f.Write(t.Context(), nil, nothing, kept, func(*Packer) error {
		if err := kept.Note(Record{}); err != nil {
			t.Error(err)
		}
		return UnwritableError{errors.New("no space left on device")}
	})
	if left, _ := os.ReadDir(filepath.Dir(f.Path)); err == nil || len(left) != 0 {
		t.Errorf("%v, left %v", err, left)
	}
}

// TestFlush: records come to the file now and then, behind their pixels.
func TestFlush(t *testing.T) {
	f := File{Path: filepath.Join(t.TempDir(), "a.pack")}
	kept := f.Partial("key")
	err := f.Write(t.Context(), nil, nothing, kept, func(p *Packer) error {
		if _, err := kept.Replay(t.Context(), 0, nil); err != nil {
			return err
		}
		for i, long := range []bool{false, true} {
			if long {
				kept.flushed = time.Now().Add(-flushEvery)
			}
			if err := errors.Join(p.Add(dot), kept.Note(RecordOf(i, dot))); err != nil {
				return err
			}
			_, files, err := describePartial(f.Path)
			if pixels := kept.size() > headerSize; err != nil || files != 2*i || pixels != long {
				t.Errorf("%v: %d records after %d images, pixels %t", err, files, i+1, pixels)
			}
		}
		return p.Finish(nil)
	})
	if err != nil {
		t.Fatal(err)
	}
}
