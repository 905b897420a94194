package checkpoint

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"cmae/internal/fault"
)

// Latest returns the newest sound checkpoint of a run, every byte of it checked. Newer ones that
// are corrupt are passed over, each with its reason in skipped. A run without checkpoints gives
// fault.Missing, one with corrupt ones only fault.Corrupt.
func Latest(run string) (path string, skipped []error, err error) {
	all, err := list(run)
	if err != nil {
		return "", nil, err
	}
	for _, e := range all {
		err := verify(e.path)
		if err == nil {
			return e.path, skipped, nil
		}
		// not readable, or another version's: going back would hide that
		if !errors.Is(err, fault.Corrupt) {
			return "", skipped, err
		}
		skipped = append(skipped, err)
	}
	if len(skipped) > 0 {
		return "", skipped, fmt.Errorf(
			"checkpoint: no sound one of %d in %q: %w", len(skipped), run, skipped[0],
		)
	}
	return "", nil, fmt.Errorf("checkpoint: find the latest in %q: %w", run, fault.Missing)
}

// LatestPlanned is the newest sound checkpoint that a run would have if it had never been
// interrupted, false where there is none.
func LatestPlanned(run string) (path string, found bool) {
	all, err := list(run)
	if err != nil {
		return "", false
	}
	for _, e := range all {
		if m, err := ReadManifest(e.path); err == nil && !m.Unplanned && verify(e.path) == nil {
			return e.path, true
		}
	}
	return "", false
}

// saved is a checkpoint under a final name.
type saved struct {
	path     string
	step     int
	replaced bool // moved aside; step-N takes its place unless a crash came between
}

// list returns a run's checkpoints, newest first, sound or not.
func list(run string) ([]saved, error) { return listIn(filepath.Join(run, Folder)) }

// listIn is list for the folder of all checkpoints, or of bundles.
func listIn(dir string) ([]saved, error) {
	entries, err := os.ReadDir(dir)
	if os.IsNotExist(err) {
		if target, linked := os.Readlink(dir); linked == nil { // as of a disk that isn't mounted
			return nil, fmt.Errorf(
				"checkpoint: list: %w: %q is a link to %q, which is not there; bring that back or "+
					"delete the link", fault.Usage, dir, target,
			)
		}
	} else if err != nil {
		return nil, fmt.Errorf("checkpoint: list: %w", err)
	}
	var all []saved
	for _, e := range entries {
		name, replaced := strings.CutSuffix(e.Name(), replacedMark)
		step, ok := stepOf(name)
		if !ok {
			continue
		}
		all = append(all, saved{filepath.Join(dir, e.Name()), step, replaced})
	}
	slices.SortFunc(all, func(a, b saved) int {
		return cmp.Or(cmp.Compare(b.step, a.step), cmp.Compare(len(a.path), len(b.path)))
	})
	return all, nil
}
