package checkpoint

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// faulty is a disk that fails at its n-th change, and from then on if the machine has crashed. A
// write that fails is half done. It also watches that nothing gets a final name before it is
// synced, and spares the tests the wait for the real disk.
type faulty struct {
	fileSystem
	failAt, calls int
	crash         bool
	refuse        string          // this path cannot be renamed
	stuck         string          // and this one not deleted
	unsynced      map[string]bool // files and folders whose contents are not durable yet
}

func newFaulty(failAt int, crash bool) *faulty {
	return &faulty{fileSystem: disk{}, failAt: failAt, crash: crash, unsynced: map[string]bool{}}
}

func (f *faulty) fault() error {
	f.calls++
	if f.failAt > 0 && (f.calls == f.failAt || f.crash && f.calls > f.failAt) {
		return syscall.ENOSPC
	}
	return nil
}

func (f *faulty) MkdirAll(dir string) error {
	if err := f.fault(); err != nil {
		return err
	}
	return f.fileSystem.MkdirAll(dir)
}

func (f *faulty) Create(path string) (file, error) {
	if err := f.fault(); err != nil {
		return nil, err
	}
	created, err := f.fileSystem.Create(path)
	f.unsynced[path], f.unsynced[filepath.Dir(path)] = true, true
	return &faultyFile{created, path, f}, err
}

func (f *faulty) Rename(from, to string) error {
	if from == f.refuse {
		return &os.PathError{Op: "rename", Path: from, Err: syscall.EACCES}
	}
	if err := f.fault(); err != nil {
		return err
	}
	if !strings.HasPrefix(filepath.Base(to), tmpPrefix) {
		for path := range maps.Keys(f.unsynced) {
			if strings.HasPrefix(path, from) {
				return fmt.Errorf("%s is renamed before %s is durable", from, path)
			}
		}
	}
	return f.fileSystem.Rename(from, to)
}

func (f *faulty) Symlink(target, link string) error {
	if err := f.fault(); err != nil {
		return err
	}
	return f.fileSystem.Symlink(target, link)
}

func (f *faulty) RemoveAll(path string) error {
	if path == f.stuck {
		return &os.PathError{Op: "unlinkat", Path: path, Err: syscall.EACCES}
	}
	if err := f.fault(); err != nil {
		if entries, _ := os.ReadDir(path); len(entries) > 0 { // half done
			return errors.Join(err, os.Remove(filepath.Join(path, entries[0].Name())))
		}
		return err
	}
	return f.fileSystem.RemoveAll(path)
}

func (f *faulty) SyncDir(dir string) error {
	if err := f.fault(); err != nil {
		return err
	}
	delete(f.unsynced, dir)
	return nil
}

type faultyFile struct {
	file
	path string
	disk *faulty
}

func (f *faultyFile) Write(p []byte) (int, error) {
	if err := f.disk.fault(); err != nil {
		n, _ := f.file.Write(p[:len(p)/2])
		return n, err
	}
	return f.file.Write(p)
}

func (f *faultyFile) Sync() error {
	if err := f.disk.fault(); err != nil {
		return err
	}
	delete(f.disk.unsynced, f.path)
	return nil
}

func (f *faultyFile) Close() error { return errors.Join(f.file.Close(), f.disk.fault()) }

// TestCrashPoints stops a save at every change it makes to the disk, once by an error and once for
// good. What was saved before must load as it was, a save that reports success must have happened,
// and a later save and purge must leave no trace of the failure.
func TestCrashPoints(t *testing.T) {
	for _, crash := range []bool{false, true} {
		for _, step := range []int{2, 1} { // a new checkpoint, and one in the place of the old
			points := 0
			for failAt := 1; ; failAt++ {
				fs := newFaulty(failAt, crash)
				crashPoint(t, fs, step)
				if t.Failed() {
					t.Fatalf("crash %v, step %d, stopped at change %d", crash, step, failAt)
				}
				if fs.calls < failAt {
					break
				}
				points++
			}
			if points < 25 {
				t.Errorf("only %d points: the disk is not watched", points)
			}
		}
	}
}

func crashPoint(t *testing.T, fs *faulty, step int) {
	t.Helper()
	run := t.TempDir()
	sound := &Store{run, newFaulty(0, false)}
	save(t, sound, sample(0, 1))
	old, fresh := sample(1, 1), sample(step, 2)
	save(t, sound, old)
	if err := sound.SetBest(0); err != nil {
		t.Fatal(err)
	}
	_, err := (&Store{run, fs}).Save(fresh)

	path, skipped, latestErr := Latest(run)
	if latestErr != nil || len(skipped) > 0 {
		t.Errorf("latest: %v, passed over %v", latestErr, skipped)
		return
	}
	got := load(t, path)
	isOld, isFresh := same(got, old) == "", same(got, fresh) == ""
	if !isFresh && (err == nil || !isOld) {
		t.Errorf("save: %v; %s is neither the old nor, on success, the new", err, path)
	}
	if diff := same(load(t, filepath.Join(run, "best")), sample(0, 1)); diff != "" {
		t.Errorf("best changed: %s", diff)
	}
	if err := sound.Recover(); err != nil {
		t.Error(err)
	}
	if last := load(t, filepath.Join(run, "last")); same(last, old) != "" &&
		same(last, fresh) != "" {
		t.Error("last is neither the old nor the new")
	}
	save(t, sound, fresh)
	if err := sound.Purge(1); err != nil {
		t.Error(err)
	}
	if diff := same(load(t, filepath.Join(run, "last")), fresh); diff != "" {
		t.Errorf("saved again: %s", diff)
	}
	if left, _ := os.ReadDir(filepath.Join(run, "checkpoints")); len(left) != 2 {
		t.Errorf("left %v", left)
	}
}

// TestPurgeCrashPoints: however a purge ends, newest and best are whole, and the next purge
// finishes the work.
func TestPurgeCrashPoints(t *testing.T) {
	for failAt := 1; ; failAt++ {
		run := t.TempDir()
		sound := &Store{run, newFaulty(0, false)}
		for step := range 4 {
			save(t, sound, sample(step, 1))
		}
		fs := newFaulty(failAt, failAt%2 == 0)
		err := errors.Join(sound.SetBest(1), (&Store{run, fs}).Purge(1))
		if (err != nil) != (fs.calls >= failAt) {
			t.Fatalf("change %d failed, purge says %v", failAt, err)
		}
		if path, skipped, err := Latest(run); path != sound.Path(3) || len(skipped) > 0 ||
			err != nil {
			t.Fatalf("latest %q, %v, %v", path, skipped, err)
		}
		load(t, filepath.Join(run, "best"))
		if err := sound.Purge(1); err != nil {
			t.Fatal(err)
		}
		if left, _ := os.ReadDir(filepath.Join(run, "checkpoints")); len(left) != 2 {
			t.Fatalf("left %v", left)
		}
		if fs.calls < failAt {
			return
		}
	}
}

// TestLoadWhileTheRunGoesOn: a reader of last sees one whole checkpoint, although the run meanwhile
// writes newer ones and deletes the old.
func TestLoadWhileTheRunGoesOn(t *testing.T) {
	run := t.TempDir()
	s := &Store{run, newFaulty(0, false)}
	save(t, s, sample(0, 0))
	written := make(chan error, 1)
	go func() {
		for step := range 60 {
			if _, err := s.Save(sample(step+1, float32(step+1))); err != nil {
				written <- err
				return
			}
			if err := s.Purge(1); err != nil {
				written <- err
				return
			}
		}
		written <- nil
	}()
	for {
		c := load(t, filepath.Join(run, "last"))
		if diff := same(c, sample(c.Step, float32(c.Step))); diff != "" {
			t.Fatal(diff)
		}
		if want := s.Path(c.Step); c.Path != want {
			t.Fatalf("step %d is from %q, want %q", c.Step, c.Path, want)
		}
		select {
		case err := <-written:
			if err != nil {
				t.Fatal(err)
			}
			return
		default:
		}
	}
}
