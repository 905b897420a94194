package pack

import (
	"fmt"
	"path/filepath"

	"cmae/internal/system"
)

// fits says no where a pack of about so many bytes has no room on a disk with free ones. The
// estimate may be a fifth too high.
func fits(path string, needed, free int64) error {
	if needed/5*4 <= free {
		return nil
	}
	const giga = 1e9
	return fmt.Errorf(
		"%q would take about %.1f GB, and its disk has %.1f GB free: name another disk, or make room "+
			"with \"cmae data cache prune\"", path, float64(needed)/giga, float64(free)/giga,
	)
}

// freeBytes is the room on the disk of a file, for this user; false where the system does not tell.
func freeBytes(path string) (int64, bool) {
	free, total, err := system.Room(filepath.Dir(path))
	return free, err == nil && total > 0
}
