//go:build unix

package atomicfile

import (
	"os"
	"path/filepath"
	"testing"
)

// TestLockOutlivesClosing: nobody sweeps a file between its closing and its renaming.
func TestLockOutlivesClosing(t *testing.T) {
	dir := t.TempDir()
	f, err := Create(filepath.Join(dir, "a"))
	if err != nil {
		t.Fatal(err)
	}
	if err := f.File.Close(); err != nil {
		t.Fatal(err)
	}
	Sweep(dir, func(string) bool { return true })
	if len(names(t, dir)) != 1 {
		t.Error("it was swept")
	}
	f.unlock()
	Sweep(dir, func(string) bool { return true })
	if left := names(t, dir); len(left) > 0 {
		t.Errorf("%q is left", left)
	}
}

func TestWriteKeepsPermissions(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Write(path, []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
}
