package checkpoint

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cmae/internal/fault"
)

// TestRelink: links become links again, whatever a copy of the run made of them.
func TestRelink(t *testing.T) {
	for name, spoil := range map[string]func(t *testing.T, run string){
		"a copy with links followed": func(t *testing.T, run string) { follow(t, run, Last) },
		"the copy alone": func(t *testing.T, run string) {
			follow(t, run, Last)
			remove(t, filepath.Join(run, Folder))
		},
		"the original broken": func(t *testing.T, run string) {
			follow(t, run, Last)
			write(t, filepath.Join(run, Folder, "step-2", "model.safetensors"), nil)
		},
		"the text of a link": func(t *testing.T, run string) {
			remove(t, filepath.Join(run, Last))
			write(t, filepath.Join(run, Last), []byte("checkpoints/step-2"))
		},
	} {
		t.Run(name, func(t *testing.T) {
			run := t.TempDir()
			s := NewStore(run)
			save(t, s, sample(2, 1))
			spoil(t, run)
			if err := s.Recover(); err != nil {
				t.Fatal(err)
			}
			target, err := os.Readlink(filepath.Join(run, Last))
			if err != nil || target != filepath.Join(Folder, "step-2") {
				t.Fatalf("last leads to %q, %v", target, err)
			}
			if d := same(load(t, filepath.Join(run, Last)), sample(2, 1)); d != "" {
				t.Error(d)
			}
		})
	}
}

// follow puts a copy of what a link leads to in its place.
func follow(t *testing.T, run, link string) {
	t.Helper()
	path := filepath.Join(run, link)
	target, err := filepath.EvalSymlinks(path)
	if err == nil {
		err = os.Remove(path)
	}
	if err == nil {
		err = os.CopyFS(path, os.DirFS(target))
	}
	if err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
}

// TestForeignFolder: a folder that is no checkpoint of the run makes way, and is not deleted.
func TestForeignFolder(t *testing.T) {
	run := t.TempDir()
	note := filepath.Join(run, Last, "note.txt")
	if err := os.Mkdir(filepath.Dir(note), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, note, []byte("mine"))
	s := NewStore(run)
	if err := s.Recover(); err != nil {
		t.Fatal(err)
	}
	save(t, s, sample(1, 1))
	if _, err := os.Stat(filepath.Join(run, Last+replacedMark, "note.txt")); err != nil {
		t.Error(err)
	}
	load(t, filepath.Join(run, Last))
}

// TestFileInPlace: a file under a checkpoint's name is a broken one.
func TestFileInPlace(t *testing.T) {
	run := t.TempDir()
	s := NewStore(run)
	good := save(t, s, sample(1, 1))
	write(t, s.Path(99), nil)
	path, skipped, err := Latest(run)
	if path != good || len(skipped) != 1 || !errors.Is(skipped[0], fault.Corrupt) || err != nil {
		t.Errorf("%q, %v, %v", path, skipped, err)
	}
	if path, found := Within(run); !found || path != filepath.Join(run, Last) {
		t.Errorf("%q, %v", path, found)
	}
	remove(t, filepath.Join(run, Last))
	if path, found := Within(run); !found || path != good {
		t.Errorf("without last: %q, %v", path, found)
	}
	save(t, s, sample(99, 1)) // in its place
	if path, _, err := Latest(run); path != s.Path(99) || err != nil {
		t.Errorf("%q, %v", path, err)
	}
}

func TestPointBest(t *testing.T) {
	run := t.TempDir()
	s := NewStore(run)
	save(t, s, sample(10, 1)) // epoch 1
	save(t, s, sample(20, 1)) // epoch 2
	best := filepath.Join(run, Best)
	for _, spoil := range []func(){
		func() {}, // lost
		func() { // dangling
			remove(t, best)
			if err := os.Symlink(filepath.Join(Folder, "step-5"), best); err != nil {
				t.Fatal(err)
			}
		},
	} {
		spoil()
		if found, err := s.PointBest(1); !found || err != nil || load(t, best).Epoch != 1 {
			t.Errorf("%v, %v", found, err)
		}
	}
	if found, err := s.PointBest(3); found || err != nil {
		t.Errorf("%v, %v", found, err)
	}
}

// TestSweep: what killed calls left is deleted when the run is next opened, also where no old
// checkpoint ever is.
func TestSweep(t *testing.T) {
	run := t.TempDir()
	s := NewStore(run)
	save(t, s, sample(1, 1))
	left := filepath.Join(run, Folder, tmpPrefix+"step-2")
	if err := os.Mkdir(left, 0o755); err != nil {
		t.Fatal(err)
	}
	if left := s.Sweep(); left != nil {
		t.Fatal(left)
	}
	if _, err := os.Stat(left); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v", err)
	}
}

// TestStuck: what cannot be deleted under a temporary name keeps no checkpoint from being written
// or deleted, and is named.
func TestStuck(t *testing.T) {
	run := t.TempDir()
	fs := newFaulty(0, false)
	s := &Store{run, fs}
	save(t, s, sample(1, 1))
	fs.stuck = filepath.Join(run, Folder, tmpPrefix+"step-2")
	if err := os.Mkdir(fs.stuck, 0o755); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second in the place of the first
		save(t, s, sample(2, 1))
		if d := same(load(t, filepath.Join(run, Last)), sample(2, 1)); d != "" {
			t.Error(d)
		}
	}
	if err := s.Recover(); err != nil {
		t.Error(err)
	}
	if left := s.Sweep(); len(left) != 1 || !strings.Contains(left[0].Error(), fs.stuck) {
		t.Errorf("left %v, want %s", left, fs.stuck)
	}
	if err := s.Forget(1); err != nil {
		t.Error(err)
	}
	if entries, _ := os.ReadDir(filepath.Join(run, Folder)); len(entries) != 2 {
		t.Errorf("left %v", entries)
	}
}

// TestTextLinks: where links are small files with their text, as on Windows, they lead as links do,
// also while they are moved on.
func TestTextLinks(t *testing.T) {
	run := t.TempDir()
	s := NewStore(run)
	s.fs = texts{s.fs}
	last := filepath.Join(run, Last)
	for step := 1; step < 5; step++ {
		save(t, s, sample(step, 1))
		if info, err := os.Lstat(last); err != nil || !info.Mode().IsRegular() {
			t.Fatalf("%v, %v", info, err)
		}
		if d := same(load(t, last), sample(step, 1)); d != "" {
			t.Error(d)
		}
		if m, err := ReadManifest(last); m.Step != step || err != nil {
			t.Errorf("step %d, %v", m.Step, err)
		}
	}
	if got, want := s.target(Last), stepName(4); got != want {
		t.Errorf("%q is not %q", got, want)
	}
	write(t, last, []byte("../elsewhere/step-x\n"))
	if _, err := ReadManifest(last); !errors.Is(err, fault.Corrupt) {
		t.Errorf("of another text: %v", err)
	}
}

// texts is a file system that makes links as Windows does.
type texts struct{ fileSystem }

func (texts) Symlink(target, link string) error {
	return os.WriteFile(link, []byte(filepath.ToSlash(target)+"\n"), 0o644)
}
