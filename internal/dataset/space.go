package dataset

import (
	"fmt"
	"path/filepath"

	"cmae/internal/system"
)

// Sets of fewer files are packed without asking for room: they are decoded in seconds. Of larger
// ones so many images, evenly spread, tell how much they all take.
const (
	fewFiles  = 512
	numLooked = 32
)

// bytesNeeded estimates what the pixels of a split of files take in a pack, 0 where it is not
// asked. Files that cannot be decoded count as the others.
func (s *source) bytesNeeded() int64 {
	if s.decoder == nil || len(s.entries) < fewFiles {
		return 0
	}
	defer s.decoder.close()
	total, read := int64(0), int64(0)
	for i := range numLooked {
		one := s.decode(s.entries[i*len(s.entries)/numLooked], nil)
		if one.bad == nil {
			total, read = total+int64(len(one.img.Pix)), read+1
		}
	}
	if read == 0 {
		return 0
	}
	return total / read * int64(len(s.entries))
}

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
