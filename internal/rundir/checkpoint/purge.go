package checkpoint

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Purge deletes all checkpoints but the keep newest and those that `last` and `best` point to; keep
// < 1 keeps all. It also clears what interrupted calls left behind. It goes on after a failed
// delete and returns the errors of all, which cost no more than space. Checkpoints with a broken
// manifest do not count as kept, so that broken ones never push out sound ones.
func (s *Store) Purge(keep int) error {
	all, err := list(s.run)
	if err != nil {
		return err
	}
	steps := named(all)
	pinned := map[string]bool{s.target(Last): true, s.target(Best): true}
	var errs []error
	kept := 0
	for _, e := range all {
		old := keep > 0 && kept >= keep && !pinned[stepName(e.step)]
		if old || e.replaced && steps[e.step] {
			errs = append(errs, s.remove(e.path))
		} else if _, err := ReadManifest(e.path); err == nil {
			kept++
		}
	}
	return errors.Join(append(errs, s.Sweep()...)...)
}

// Forget deletes the checkpoints of later steps than this one, to which a run has gone back.
func (s *Store) Forget(step int) error {
	all, err := list(s.run)
	for _, e := range all {
		if e.step > step {
			err = errors.Join(err, s.remove(e.path))
		}
	}
	return err
}

// named are the steps that have a checkpoint under its own name.
func named(all []saved) map[int]bool {
	steps := map[int]bool{}
	for _, e := range all {
		steps[e.step] = steps[e.step] || !e.replaced
	}
	return steps
}

// remove renames before it deletes: a checkpoint half deleted must not look like a corrupt one.
func (s *Store) remove(path string) error {
	tmp, err := s.temporary(path)
	if err != nil {
		return fmt.Errorf("checkpoint: delete: %w", err)
	}
	for _, act := range []func() error{
		func() error { return s.fs.Rename(path, tmp) },
		func() error { return s.fs.RemoveAll(tmp) },
	} {
		if err := act(); err != nil {
			return fmt.Errorf("checkpoint: delete: %w", err)
		}
	}
	return nil
}

// Sweep deletes what interrupted calls left under temporary names. What it cannot delete, an error
// each, costs no more than space.
func (s *Store) Sweep() (left []error) {
	dir := filepath.Join(s.run, Folder)
	entries, err := os.ReadDir(dir)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		left = append(left, fmt.Errorf("checkpoint: delete: %w", err))
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), tmpPrefix) {
			if err := s.fs.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
				left = append(left, fmt.Errorf("checkpoint: delete: %w", err))
			}
		}
	}
	return left
}

// target returns the folder name that a link leads to, or "" if there is no such link.
func (s *Store) target(link string) string {
	target, err := readLink(filepath.Join(s.run, link))
	if err != nil {
		return ""
	}
	return filepath.Base(target)
}
