package checkpoint

import (
	"io"
	"os"

	"cmae/internal/system"
)

// fileSystem is every way in which this package changes a disk. Tests replace it by one that fails
// at the n-th call.
type fileSystem interface {
	MkdirAll(dir string) error
	Create(path string) (file, error) // fails if path exists
	Rename(from, to string) error
	Symlink(target, link string) error
	RemoveAll(path string) error
	SyncDir(dir string) error // makes the names in dir durable
}

type file interface {
	io.Writer
	Sync() error
	Close() error
}

// disk is the operating system's file system.
type disk struct{}

func (disk) MkdirAll(dir string) error         { return os.MkdirAll(dir, 0o755) }
func (disk) Rename(from, to string) error      { return os.Rename(from, to) }
func (disk) Symlink(target, link string) error { return system.Link(target, link) }
func (disk) RemoveAll(path string) error       { return system.RemoveAll(path) }

func (disk) Create(path string) (file, error) {
	return os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
}

func (disk) SyncDir(dir string) error { return system.SyncDir(dir) }
