//go:build unix

package atomicfile

import (
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"
	"golang.org/x/sys/unix"
)

type pending = renameio.PendingFile

func newPending(path string, perm os.FileMode, keep bool) (*pending, error) {
	options := []renameio.Option{
		renameio.WithTempDir(filepath.Dir(path)), renameio.WithPermissions(perm),
	}
	if keep {
		options = append(options, renameio.WithExistingPermissions())
	}
	return renameio.NewPendingFile(path, options...)
}

// again is the same open file once more, nil where the process may not have another one open.
func again(f *os.File) *os.File {
	fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil
	}
	return os.NewFile(uintptr(fd), f.Name())
}
