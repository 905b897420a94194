package rundir

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"cmae/internal/report"
	"cmae/internal/rundir/checkpoint"
	"cmae/internal/system"
)

// ErrHeld is wrapped by the error of a run that another process is writing.
var ErrHeld = errors.New("in use")

// lockName is the file whose lock makes a process the only writer of a run. The lock is the
// operating system's and ends with the process, however that ends, so a file left behind keeps
// nobody out. Its text tells others who holds the lock.
const lockName = "lock"

// errGone is wrapped by the error of a run whose folder was deleted while it went on.
var errGone = errors.New("the folder is gone")

// Lock is a held run folder. A nil *Lock can be released.
type Lock struct {
	folder Folder
	file   *os.File
}

// Lock makes this process the only writer of the folder, which it creates where there is none. The
// error wraps ErrHeld if another process has it. On a file system without locks Lock warns.
func (f Folder) Lock(console *report.Console) (*Lock, error) {
	return f.LockBy(f.File(lockName), console)
}

// deleting is how long a folder may take to be deleted, file by file.
const deleting = 200 * time.Millisecond

// Check reports whether the folder is still there and held. It takes the lock anew where only that
// was deleted; the error wraps errGone where the folder was, and ErrHeld where another process came
// first.
func (l *Lock) Check(console *report.Console) error {
	if inPlace(l.file) {
		return nil
	}
	time.Sleep(deleting)
	settings := l.folder.File(checkpoint.SettingsFile)
	if _, err := os.Stat(settings); errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf(
			"run: %w: %q was deleted or moved while the run wrote there; start another run",
			errGone, string(l.folder),
		)
	}
	again, err := l.folder.LockBy(l.file.Name(), console)
	if err != nil {
		return err
	}
	console.Warn("%q was deleted while the run went on, and is made again", l.file.Name())
	err = l.file.Close()
	*l = *again
	return err
}

// LockBy is Lock by the file at path, for commands that do more with a run than write it: only one
// of those that lock the same file has the folder.
func (f Folder) LockBy(path string, console *report.Console) (*Lock, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fmt.Errorf("run: folder: %w", err)
	}
	if err := regular(path); err != nil {
		return nil, err
	}
	for {
		file, err := system.Open(path)
		if err != nil {
			return nil, fmt.Errorf("run: lock: %w", err)
		}
		for range 5 { // Holder takes the lock for a moment too
			if err = system.Lock(file, system.Try); !errors.Is(err, system.ErrLocked) {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		switch {
		case errors.Is(err, system.ErrLocked):
			err = fmt.Errorf(
				"%w: run folder %q is being written by %s; wait for it, stop it, or name another "+
					"folder with --out",
				ErrHeld, string(f), holder(file),
			)
		case errors.Is(err, system.ErrNoLocks):
			console.Warn(
				"run folder %q lies on a file system without locks: nothing keeps a second "+
					"process from writing there",
				string(f),
			)
			err = nil
		}
		if err != nil {
			return nil, errors.Join(err, file.Close())
		}
		if inPlace(file) {
			return &Lock{f, file}, sign(file)
		}
		// the holder before removed this one after it was opened
		if err := file.Close(); err != nil {
			return nil, fmt.Errorf("run: lock: %w", err)
		}
	}
}

// inPlace reports whether an open file is still the one of its name.
func inPlace(file *os.File) bool {
	ours, err := file.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(file.Name())
	return err == nil && os.SameFile(ours, there)
}

// sign writes who holds the lock.
func sign(file *os.File) error {
	host, err := os.Hostname()
	if err != nil {
		host = "this machine"
	}
	text := fmt.Sprintf(
		"process %d on %s since %s\n", os.Getpid(), host, time.Now().UTC().Format(time.RFC3339),
	)
	if err := file.Truncate(0); err != nil {
		return fmt.Errorf("run: lock: %w", err)
	}
	if _, err := file.WriteAt([]byte(text), 0); err != nil {
		return fmt.Errorf("run: lock: %w", err)
	}
	return nil
}

// holder reads what sign wrote.
func holder(file *os.File) string {
	text, err := io.ReadAll(io.LimitReader(file, 200))
	if who := strings.TrimSpace(string(text)); err == nil && who != "" {
		return who
	}
	return "another process"
}

// Holder says which process is writing the run, "" where none is.
func (f Folder) Holder() string {
	file, err := system.OpenToRead(f.File(lockName))
	if err != nil {
		return ""
	}
	defer file.Close()
	if errors.Is(system.Lock(file, system.Shared|system.Try), system.ErrLocked) {
		return holder(file)
	}
	return ""
}

// Release lets others in. It removes the file before it unlocks it: nobody can then lock a file
// that the next process would not find.
func (l *Lock) Release() error {
	if l == nil {
		return nil
	}
	var err error
	if inPlace(l.file) { // else it was deleted, or is another process's
		err = os.Remove(l.file.Name())
	}
	return errors.Join(err, l.file.Close())
}
