package system

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func opened(t *testing.T, path string) *os.File {
	t.Helper()
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// TestLock: one open file excludes another, shared ones only who wants it alone, and what is locked
// can be read, renamed and removed.
func TestLock(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "lock")
	a, b := opened(t, path), opened(t, path)
	if _, err := a.WriteString("held"); err != nil {
		t.Fatal(err)
	}
	if err := Lock(a, Shared); err != nil {
		t.Fatal(err)
	}
	if err := Lock(b, Shared|Try); err != nil {
		t.Errorf("two share: %v", err)
	}
	c := opened(t, path)
	if err := Lock(c, Try); !errors.Is(err, ErrLocked) {
		t.Errorf("a third is alone: %v", err)
	}
	b.Close()
	a.Close()
	if err := Lock(c, Try); err != nil {
		t.Errorf("after the others closed: %v", err)
	}
	d := opened(t, path)
	if err := Lock(d, Shared|Try); !errors.Is(err, ErrLocked) {
		t.Errorf("shared beside one alone: %v", err)
	}
	reader, err := OpenToRead(path)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	text := make([]byte, 4)
	if _, err := reader.ReadAt(text, 0); err != nil || string(text) != "held" {
		t.Errorf("read %q, %v", text, err)
	}
	moved := filepath.Join(dir, "moved")
	if err := os.Rename(path, moved); err != nil {
		t.Error(err)
	}
	if err := os.Remove(moved); err != nil {
		t.Error(err)
	}
}

func TestMap(t *testing.T) {
	f := opened(t, filepath.Join(t.TempDir(), "data"))
	want := bytes.Repeat([]byte("pixels "), 10000)
	if _, err := f.Write(want); err != nil {
		t.Fatal(err)
	}
	got, err := Map(f, len(want))
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("mapped %d bytes, %v", len(got), err)
	}
	memory, err := Memory(1 << 20)
	if err != nil || !bytes.Equal(memory, make([]byte, 1<<20)) {
		t.Errorf("memory: %d bytes, %v", len(memory), err)
	}
	memory[1<<20-1] = 1
	reserved, err := Reserve(1 << 36)
	if err != nil {
		t.Errorf("reserve: %v", err)
	}
	for _, data := range [][]byte{got, memory, reserved} {
		if err := Unmap(data); err != nil {
			t.Error(err)
		}
	}
}

func TestRoom(t *testing.T) {
	free, total, err := Room(t.TempDir())
	if err != nil || free < 1 || total < free {
		t.Errorf("%d of %d bytes, %v", free, total, err)
	}
	if _, _, err := Room(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("there is room in no folder")
	}
}

func TestReaderGone(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	if _, err := w.WriteString("x"); !ReaderGone(err) {
		t.Errorf("%v", err)
	}
	if ReaderGone(os.ErrClosed) {
		t.Error("a closed file has no reader")
	}
}
