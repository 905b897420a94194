package rundir

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"

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

// regular refuses what is at path but is no regular file.
func regular(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
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
	case mode&fs.ModeNamedPipe != 0:
		return "a FIFO"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	}
	return "a device"
}

// CheckFiles refuses a folder in which something else stands in the place of a file that a run
// reads or writes.
func (f Folder) CheckFiles() error {
	for _, name := range []string{
		checkpoint.SettingsFile, MetricsFile, logFile, divergedFile, badFiles, lockName,
	} {
		if err := regular(f.File(name)); err != nil {
			return err
		}
	}
	return nil
}

// pending are the names under which a file is written before it gets its own.
var pending = regexp.MustCompile(
	`^\.(config\.yaml|metrics\.jsonl|train\.log|diverged\.json|bad_files\.jsonl)[0-9]+$`,
)

// Sweep deletes what killed processes left of files that they were writing. The caller has the
// folder.
func (f Folder) Sweep() error {
	entries, err := os.ReadDir(string(f))
	if err != nil {
		return fmt.Errorf("run: folder: %w", err)
	}
	for _, e := range entries {
		if !pending.MatchString(e.Name()) {
			continue
		}
		if err := os.Remove(filepath.Join(string(f), e.Name())); err != nil {
			return fmt.Errorf("run: folder: %w", err)
		}
	}
	return nil
}
