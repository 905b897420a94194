//go:build windows

package system

import (
	"errors"
	"os"
	"path/filepath"
	"unsafe"

	"golang.org/x/sys/windows"
)

// lockedAt is the offset of the one byte that is locked. A lock keeps others from reading what it
// covers, so it covers nothing that a file has.
const lockedAt = 1 << 62

// Lock locks an open file.
func Lock(f *os.File, mode Mode) error {
	var flags uint32
	if mode&Shared == 0 {
		flags = windows.LOCKFILE_EXCLUSIVE_LOCK
	}
	if mode&Try != 0 {
		flags |= windows.LOCKFILE_FAIL_IMMEDIATELY
	}
	at := windows.Overlapped{OffsetHigh: lockedAt >> 32}
	err := windows.LockFileEx(windows.Handle(f.Fd()), flags, 0, 1, 0, &at)
	switch {
	case errors.Is(err, windows.ERROR_LOCK_VIOLATION), errors.Is(err, windows.ERROR_IO_PENDING):
		return ErrLocked
	case errors.Is(err, windows.ERROR_INVALID_FUNCTION),
		errors.Is(err, windows.ERROR_NOT_SUPPORTED):
		return ErrNoLocks
	}
	return err
}

// Open opens a file to read and write, or makes it. While it is open it can be renamed and removed,
// which package os doesn't allow here.
func Open(path string) (*os.File, error) { return open(path, toWrite, windows.OPEN_ALWAYS, 0) }

// OpenToRead opens a file that others may rename and remove meanwhile.
func OpenToRead(path string) (*os.File, error) {
	return open(path, windows.GENERIC_READ, windows.OPEN_EXISTING, 0)
}

// OpenPlain is Open that opens a link in the place of what it leads to.
func OpenPlain(path string) (*os.File, error) {
	return open(path, toWrite, windows.OPEN_ALWAYS, windows.FILE_FLAG_OPEN_REPARSE_POINT)
}

const toWrite = windows.GENERIC_READ | windows.GENERIC_WRITE

func open(path string, access, disposition, attributes uint32) (*os.File, error) {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	const share = windows.FILE_SHARE_READ | windows.FILE_SHARE_WRITE | windows.FILE_SHARE_DELETE
	handle, err := windows.CreateFile(
		name, access, share, nil, disposition, windows.FILE_ATTRIBUTE_NORMAL|attributes, 0,
	)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	return os.NewFile(uintptr(handle), path), nil
}

// RemoveAll is os.RemoveAll, also on file systems that don't know the call by which it deletes what
// is in a folder, as Wine's.
func RemoveAll(path string) error {
	err := os.RemoveAll(path)
	if !errors.Is(err, windows.ERROR_INVALID_FUNCTION) {
		return err
	}
	entries, err := os.ReadDir(path)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := RemoveAll(filepath.Join(path, e.Name())); err != nil {
			return err
		}
	}
	return os.Remove(path)
}

// SyncDir does nothing: NTFS writes names to its journal.
func SyncDir(string) error { return nil }

// Link writes a file with a link's text, as links ask for rights here that few users have, and none
// to a folder can be replaced by renaming.
func Link(target, link string) error {
	return os.WriteFile(link, []byte(filepath.ToSlash(target)+"\n"), 0o644)
}

// Map maps the first bytes of a file to read.
func Map(f *os.File, bytes int) ([]byte, error) {
	mapping, err := windows.CreateFileMapping(
		windows.Handle(f.Fd()), nil, windows.PAGE_READONLY, 0, 0, nil,
	)
	if err != nil {
		return nil, err
	}
	defer windows.CloseHandle(mapping) // the view keeps it
	at, err := windows.MapViewOfFile(mapping, windows.FILE_MAP_READ, 0, 0, uintptr(bytes))
	if err != nil {
		return nil, err
	}
	return slice(at, bytes), nil
}

// Memory is zeroed memory outside Go's heap.
func Memory(bytes int) ([]byte, error) {
	return allocate(bytes, windows.MEM_RESERVE|windows.MEM_COMMIT, windows.PAGE_READWRITE)
}

// Reserve takes addresses that nothing is mapped to.
func Reserve(bytes int) ([]byte, error) {
	return allocate(bytes, windows.MEM_RESERVE, windows.PAGE_NOACCESS)
}

func allocate(bytes int, how, protection uint32) ([]byte, error) {
	at, err := windows.VirtualAlloc(0, uintptr(bytes), how, protection)
	if err != nil {
		return nil, err
	}
	return slice(at, bytes), nil
}

// slice is memory at an address of the system's. It is written so that vet sees no address that
// Go's heap could have moved.
func slice(at uintptr, bytes int) []byte {
	return unsafe.Slice(*(**byte)(unsafe.Pointer(&at)), bytes)
}

// Unmap gives back what Map, Memory or Reserve gave.
func Unmap(data []byte) error {
	at := uintptr(unsafe.Pointer(unsafe.SliceData(data)))
	var info windows.MemoryBasicInformation
	if err := windows.VirtualQuery(at, &info, unsafe.Sizeof(info)); err != nil {
		return err
	}
	const ofFile = 0x40000 // MEM_MAPPED
	if info.Type == ofFile {
		return windows.UnmapViewOfFile(at)
	}
	return windows.VirtualFree(at, 0, windows.MEM_RELEASE)
}

// Room is how many bytes this user may still write in a folder, and how many the disk has.
func Room(dir string) (free, total int64, err error) {
	name, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return 0, 0, err
	}
	var mine, all uint64
	if err := windows.GetDiskFreeSpaceEx(name, &mine, &all, nil); err != nil {
		return 0, 0, err
	}
	return int64(mine), int64(all), nil
}

// StopSignals ask a program to save and end: Ctrl-C or Ctrl-Break, and a console that closes, a
// user who logs off or a machine that shuts down.
var StopSignals = []os.Signal{os.Interrupt, windows.SIGTERM}

// ReaderGone reports whether writing failed since nobody reads the pipe any more.
func ReaderGone(err error) bool {
	return errors.Is(err, windows.ERROR_BROKEN_PIPE) || errors.Is(err, windows.ERROR_NO_DATA)
}
