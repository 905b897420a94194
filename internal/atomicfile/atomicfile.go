// Package atomicfile writes files whole or not at all: beside the file's own name, under a
// temporary one, synced, then renamed. What a killed process left there is deleted by the next one
// that writes the same file. unix.go and windows.go rename, each in its system's way.
package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"cmae/internal/system"
)

// File is a file to be, under a temporary name. A lock that ends with the process tells it from
// one that a killed process left.
type File struct {
	*pending
	lock *os.File // the same open file again, as the lock must outlive closing, until the renaming
}

// Create begins a file. Cleanup must be called at the end, and CloseAtomicallyReplace before it for
// the file to get its name.
func Create(path string) (*File, error) { return create(path, 0o644, false) }

// create is Create of a file with permissions, or with those that it has where keep says so.
func create(path string, perm os.FileMode, keep bool) (*File, error) {
	dir := filepath.Dir(path)
	Sweep(dir, func(name string) bool { return name == filepath.Base(path) })
	for {
		p, err := newPending(path, perm, keep)
		if err != nil {
			return nil, err
		}
		f := &File{pending: p}
		if system.Lock(f.File, system.Shared) != nil {
			return f, nil // no locks here: Sweep finds none free either
		}
		if _, err := os.Stat(f.Name()); err == nil {
			f.lock = again(f.File)
			return f, nil
		}
		// another process swept it before the lock
		if err := f.Cleanup(); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
}

// CloseAtomicallyReplace syncs the file and gives it its name.
func (f *File) CloseAtomicallyReplace() error {
	defer f.unlock()
	return f.pending.CloseAtomicallyReplace()
}

// Cleanup deletes the file if it has not got its name.
func (f *File) Cleanup() error {
	defer f.unlock()
	return f.pending.Cleanup()
}

func (f *File) unlock() {
	if f.lock != nil {
		f.lock.Close()
		f.lock = nil
	}
}

// Write writes a file. One that was there keeps its permissions.
func Write(path string, data []byte, perm os.FileMode) (err error) {
	f, err := create(path, perm, true)
	if err != nil {
		return err
	}
	defer f.Cleanup() // does nothing after the rename
	if _, err := f.Write(data); err != nil {
		return err
	}
	return f.CloseAtomicallyReplace()
}

// Sweep deletes what killed processes left in a folder of files whose names of accepts. What is
// locked, or lies where there are no locks, may be another process's at work; what cannot be
// deleted stays.
func Sweep(dir string, of func(name string) bool) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return
	}
	for _, e := range entries {
		if !e.Type().IsRegular() || !Temporary(e.Name(), of) {
			continue
		}
		path := filepath.Join(dir, e.Name())
		file, err := system.OpenToRead(path)
		if err != nil {
			continue
		}
		if system.Lock(file, system.Try) == nil {
			_ = os.Remove(path)
		}
		file.Close()
	}
}

// fewestDigits and more follow the name of a file in its temporary one: all but one in ten million
// of renameio's have so many, and hardly a name of anybody else's.
const fewestDigits = 12

// Temporary says whether a name is a temporary one of a file whose name of accepts.
func Temporary(name string, of func(string) bool) bool {
	rest, hidden := strings.CutPrefix(name, ".")
	digits := len(rest) - len(strings.TrimRight(rest, "0123456789"))
	for n := fewestDigits; hidden && n <= digits; n++ {
		if of(rest[:len(rest)-n]) {
			return true
		}
	}
	return false
}
