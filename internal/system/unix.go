//go:build unix

package system

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// Lock locks an open file.
func Lock(f *os.File, mode Mode) error {
	how := unix.LOCK_EX
	if mode&Shared != 0 {
		how = unix.LOCK_SH
	}
	if mode&Try != 0 {
		how |= unix.LOCK_NB
	}
	err := unix.Flock(int(f.Fd()), how)
	switch {
	case errors.Is(err, unix.EWOULDBLOCK):
		return ErrLocked
	case errors.Is(err, unix.ENOTSUP), errors.Is(err, unix.ENOLCK), errors.Is(err, unix.ENOSYS):
		return ErrNoLocks
	}
	return err
}

// Open opens a file to read and write, or makes it. While it is open it can be renamed and removed.
func Open(path string) (*os.File, error) { return os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644) }

// OpenToRead opens a file that others may rename and remove meanwhile.
func OpenToRead(path string) (*os.File, error) { return os.Open(path) }

// OpenPlain is Open that neither follows a link nor waits for the other end of a FIFO.
func OpenPlain(path string) (*os.File, error) {
	flags := os.O_RDWR | os.O_CREATE | unix.O_NOFOLLOW | unix.O_NONBLOCK
	return os.OpenFile(path, flags, 0o644)
}

// RemoveAll is os.RemoveAll.
func RemoveAll(path string) error { return os.RemoveAll(path) }

// SyncDir makes the names in a folder last.
func SyncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Link makes a link to a folder.
func Link(target, link string) error { return os.Symlink(target, link) }

// Map maps the first bytes of a file to read.
func Map(f *os.File, bytes int) ([]byte, error) {
	return unix.Mmap(int(f.Fd()), 0, bytes, unix.PROT_READ, unix.MAP_SHARED)
}

// Memory is zeroed memory outside Go's heap.
func Memory(bytes int) ([]byte, error) {
	const flags = unix.MAP_ANON | unix.MAP_PRIVATE
	return unix.Mmap(-1, 0, bytes, unix.PROT_READ|unix.PROT_WRITE, flags)
}

// Reserve takes addresses that nothing is mapped to.
func Reserve(bytes int) ([]byte, error) {
	const flags = unix.MAP_ANON | unix.MAP_PRIVATE | unix.MAP_NORESERVE
	return unix.Mmap(-1, 0, bytes, unix.PROT_NONE, flags)
}

// Unmap gives back what Map, Memory or Reserve gave.
func Unmap(data []byte) error { return unix.Munmap(data) }

// Room is how many bytes this user may still write in a folder, and how many the disk has, 0 where
// the system doesn't tell.
func Room(dir string) (free, total int64, err error) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, 0, err
	}
	return int64(s.Bavail) * int64(s.Bsize), int64(s.Blocks) * int64(s.Bsize), nil
}

// StopSignals ask a program to save and end: a person, a supervisor, a terminal that closes, and
// Slurm before it takes the machine away.
var StopSignals = []os.Signal{unix.SIGINT, unix.SIGTERM, unix.SIGHUP, unix.SIGUSR1}

// ReaderGone reports whether writing failed since nobody reads the pipe any more.
func ReaderGone(err error) bool { return errors.Is(err, unix.EPIPE) }
