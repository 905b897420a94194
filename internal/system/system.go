// Package system is what operating systems do each in its own way, under one name: locks, maps,
// rooms of files and the folder for caches here, what a process has used and the machine has in
// package machine. Unix's way is in unix.go, Windows's in windows.go. It imports none of our
// packages.
package system

import (
	"errors"
	"os"
	"path/filepath"
)

// ErrLocked is the error of a lock that another open file has.
var ErrLocked = errors.New("another process has locked it")

// ErrNoLocks is the error of a lock on a file system that has none.
var ErrNoLocks = errors.New("the file system has no locks")

// Mode says how a file is locked. A lock is the operating system's and ends with the open file, so
// also with the process, however that ends.
type Mode int

// The ways of locking: alone, or with others; and waiting for others, or failing with ErrLocked.
const (
	Shared Mode = 1 << iota
	Try
)

// CacheFolder is where cmae keeps what it can make again, of this user.
func CacheFolder() (string, error) {
	user, err := os.UserCacheDir()
	return filepath.Join(user, "cmae"), err
}
