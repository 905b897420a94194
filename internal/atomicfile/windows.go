//go:build windows

package atomicfile

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/windows"

	"cmae/internal/system"
)

// pending is a file under a temporary name, as renameio has it on other systems.
type pending struct {
	*os.File
	path string
	done bool
}

func newPending(path string, _ os.FileMode, _ bool) (*pending, error) {
	dir, name := filepath.Split(path)
	f, err := system.Open(fmt.Sprintf("%s.%s%d", dir, name, 1<<60+rand.Int64N(1<<60)))
	if err != nil {
		return nil, err
	}
	return &pending{File: f, path: path}, nil
}

// CloseAtomicallyReplace renames the file while it is open, and so locked.
func (p *pending) CloseAtomicallyReplace() error {
	if err := p.Sync(); err != nil {
		return err
	}
	if err := rename(p.Name(), p.path); err != nil {
		return err
	}
	p.done = true
	return p.Close()
}

// Cleanup deletes the file if it has not got its name.
func (p *pending) Cleanup() error {
	if p.done {
		return nil
	}
	err := p.Close()
	if errors.Is(err, os.ErrClosed) {
		err = nil
	}
	if err := os.Remove(p.Name()); err != nil {
		return err
	}
	p.done = true
	return err
}

// rename waits for those who have the old file open, as who scans for viruses does.
func rename(from, to string) (err error) {
	for wait := time.Millisecond; wait < 2*time.Second; wait *= 2 {
		err = os.Rename(from, to)
		if !errors.Is(err, windows.ERROR_ACCESS_DENIED) &&
			!errors.Is(err, windows.ERROR_SHARING_VIOLATION) {
			return err
		}
		time.Sleep(wait)
	}
	return err
}

// again is nil: the file is renamed while it is open.
func again(*os.File) *os.File { return nil }
