package checkpoint

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
)

// Recover makes a run whole that a crash or a copy left in pieces: it gives back its name to a
// checkpoint that was moved aside for a second one of its step, and makes links of `last` and
// `best` again.
func (s *Store) Recover() error {
	all, err := list(s.run)
	if err != nil {
		return err
	}
	steps := named(all)
	for _, e := range all {
		if !e.replaced || steps[e.step] {
			continue
		}
		path := s.Path(e.step)
		if err := errors.Join(
			s.fs.Rename(e.path, path), s.fs.SyncDir(filepath.Dir(path)),
		); err != nil {
			return fmt.Errorf("checkpoint: recover %q: %w", path, err)
		}
	}
	for _, name := range []string{Last, Best} {
		if err := s.relink(name); err != nil {
			return err
		}
	}
	return nil
}

// relink makes a link again of what a copy of the run has in its place: a folder, where links were
// followed, or a file with the link's text, where the copy knew no links. Anything else stays.
func (s *Store) relink(name string) error {
	path := filepath.Join(s.run, name)
	info, err := os.Lstat(path)
	switch {
	case err != nil: // there is none
		return nil
	case info.Mode().IsRegular():
		return s.relinkText(name)
	case !info.IsDir():
		return nil
	}
	if err := verify(path); err != nil {
		return nil
	}
	copied, err := ReadManifest(path)
	if err != nil {
		return err
	}
	original := s.Path(copied.Step)
	there, err := ReadManifest(original)
	switch {
	case err == nil && !reflect.DeepEqual(there, copied): // another run's
		return nil
	case err == nil && verify(original) == nil:
		err = s.remove(path)
	default:
		err = s.take(path, original)
	}
	if err != nil {
		return fmt.Errorf("checkpoint: recover %q: %w", original, err)
	}
	return s.point(name, copied.Step)
}

// take gives a sound copy of a checkpoint the name of the original, which is lost or broken.
func (s *Store) take(path, original string) error {
	if err := s.fs.MkdirAll(filepath.Dir(original)); err != nil {
		return err
	}
	if _, err := os.Lstat(original); err == nil {
		if err := s.remove(original); err != nil {
			return err
		}
	}
	return errors.Join(s.fs.Rename(path, original), s.fs.SyncDir(filepath.Dir(original)))
}

// relinkText is relink where a small file holds what the link led to.
func (s *Store) relinkText(name string) error {
	target, err := readLink(filepath.Join(s.run, name))
	if err != nil {
		return nil
	}
	step, ok := stepOf(filepath.Base(target))
	if !ok {
		return nil
	}
	if _, err := ReadManifest(s.Path(step)); err != nil {
		return nil
	}
	return s.point(name, step)
}

// PointBest makes sure that `best` leads to the checkpoint that was saved at the end of an epoch,
// and reports whether there is one.
func (s *Store) PointBest(epoch int) (found bool, err error) {
	ofEpoch := func(path string) bool {
		m, err := ReadManifest(path)
		return err == nil && m.Epoch == epoch && m.Position == 0
	}
	if ofEpoch(filepath.Join(s.run, Best)) {
		return true, nil
	}
	all, err := list(s.run)
	if err != nil {
		return false, err
	}
	for _, e := range all {
		if !e.replaced && ofEpoch(e.path) {
			return true, s.SetBest(e.step)
		}
	}
	return false, nil
}
