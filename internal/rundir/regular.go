package rundir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"

	"cmae/internal/atomicfile"
	"cmae/internal/fault"
	"cmae/internal/rundir/checkpoint"
)

// ReadFile reads a file of a run. It refuses what is there but is no regular file, such as a FIFO,
// which would be waited for.
func ReadFile(path string) ([]byte, error) {
	if err := regular(path); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
}

// regular refuses what is at path but is no regular file. A link to nothing is none: what is
// written there would lie elsewhere.
func regular(path string) error {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		if info, err = os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
			return nil
		}
	}
	switch {
	case err != nil:
		return fmt.Errorf("run: %w", err)
	case !info.Mode().IsRegular():
		return fmt.Errorf(
			"%w: %q is no regular file but %s; move it away", fault.Usage, path,
			kindOf(info.Mode()),
		)
	}
	return nil
}

func kindOf(mode fs.FileMode) string {
	switch {
	case mode.IsDir():
		return "a folder"
	case mode&fs.ModeSymlink != 0:
		return "a link to nothing"
	case mode&fs.ModeNamedPipe != 0:
		return "a FIFO"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	}
	return "a device"
}

// files are those that a run reads or writes in its folder, beside checkpoints and the lock.
var files = []string{
	checkpoint.SettingsFile, MetricsFile, sessionsFile, logFile, divergedFile, badFiles,
}

// CheckFiles refuses a folder in which something else stands in the place of such a file.
func (f Folder) CheckFiles() error {
	for _, name := range files {
		if err := regular(f.File(name)); err != nil {
			return err
		}
	}
	return nil
}

// isFile says whether one of the files has this name.
func isFile(name string) bool { return slices.Contains(files, name) }

// Sweep deletes what killed processes left of files that they were writing. The caller has the
// folder.
func (f Folder) Sweep() { atomicfile.Sweep(string(f), isFile) }
