package checkpoint

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"cmae/internal/weights/safetensors"
)

// Store writes the checkpoints of one run. Only one process may write to a run at a time.
type Store struct {
	run string
	fs  fileSystem
}

// NewStore returns the store of the run in folder run, which need not exist yet.
func NewStore(run string) *Store { return &Store{run, disk{}} }

const (
	tmpPrefix    = ".tmp-"     // not finished, or being deleted: never loaded
	replacedMark = ".replaced" // moved aside for a second checkpoint of the same step
)

var groupName = regexp.MustCompile(`^[a-z0-9_]+$`)

func stepName(step int) string { return fmt.Sprintf("step-%d", step) }

// stepOf is the step whose checkpoint has a name, false of another name.
func stepOf(name string) (step int, ok bool) {
	step, err := strconv.Atoi(strings.TrimPrefix(name, "step-"))
	return step, err == nil && name == stepName(step)
}

// Path returns where the checkpoint of a step is, or would be.
func (s *Store) Path(step int) string { return filepath.Join(s.run, Folder, stepName(step)) }

// Save writes a checkpoint and points `last` to it. It replaces one of the same step. If it fails,
// the checkpoints written before are as they were.
func (s *Store) Save(c *Checkpoint) (path string, err error) {
	path = s.Path(c.Step)
	if err := s.save(c, path); err != nil {
		return "", fmt.Errorf("checkpoint: save %q: %w", path, err)
	}
	return path, s.SetLast(c.Step)
}

// SetLast points `last` to the checkpoint of a step.
func (s *Store) SetLast(step int) error { return s.point(Last, step) }

// SetBest points `best` to the checkpoint of a step.
func (s *Store) SetBest(step int) error { return s.point(Best, step) }

func (s *Store) save(c *Checkpoint, path string) error {
	parent := filepath.Dir(path)
	tmp, err := s.temporary(path)
	if err != nil {
		return err
	}
	if err := s.fs.MkdirAll(tmp); err != nil {
		return err
	}
	if err := s.fill(tmp, c); err != nil {
		_ = s.fs.RemoveAll(tmp) // for the space; if that fails too, Purge tries again
		return err
	}
	if err := s.rename(tmp, path); err != nil {
		return err
	}
	// parent may be new
	if err := errors.Join(s.fs.SyncDir(parent), s.fs.SyncDir(s.run)); err != nil {
		return err
	}
	return s.fs.RemoveAll(path + replacedMark)
}

// temporary is a name beside path that is free: what an interrupted call left there is deleted, or
// stays where it cannot be.
func (s *Store) temporary(path string) (string, error) {
	tmp := filepath.Join(filepath.Dir(path), tmpPrefix+filepath.Base(path))
	err := s.fs.RemoveAll(tmp)
	if err == nil || !there(tmp) {
		return tmp, err
	}
	for i := 2; ; i++ {
		if other := fmt.Sprintf("%s.%d", tmp, i); !there(other) {
			return other, nil
		}
	}
}

func there(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// rename gives a finished checkpoint its name. An older one of the same step is moved aside first,
// under a name that Latest knows: a folder that is not empty cannot be replaced in one go.
func (s *Store) rename(tmp, path string) error {
	aside := path + replacedMark
	if _, err := os.Lstat(path); err == nil {
		if err := s.fs.RemoveAll(aside); err != nil {
			return err
		}
		if err := s.fs.Rename(path, aside); err != nil {
			return err
		}
	}
	return s.fs.Rename(tmp, path)
}

// fill writes every file of a checkpoint into dir, the manifest last, and makes them durable.
func (s *Store) fill(dir string, c *Checkpoint) error {
	m := c.Manifest
	m.Schema, m.Go, m.Files = schema, runtime.Version(), nil
	for _, group := range slices.Sorted(maps.Keys(c.Tensors)) {
		if !groupName.MatchString(group) {
			return fmt.Errorf("group %q is not made of a-z, 0-9 and _", group)
		}
		tensors := c.Tensors[group]
		entry, err := s.write(dir, group+tensorSuffix, func(w io.Writer) error {
			// what PyTorch tools look for
			return safetensors.Write(w, tensors, map[string]string{"format": "pt"})
		})
		if err != nil {
			return err
		}
		entry.Tensors = make(map[string]string, len(tensors))
		for _, t := range tensors {
			entry.Tensors[t.Name] = checksum(t.Data)
		}
		m.Files = append(m.Files, entry)
	}
	entry, err := s.write(dir, SettingsFile, writes(c.Config))
	if err != nil {
		return err
	}
	m.Files = append(m.Files, entry)
	text, err := m.encode()
	if err != nil {
		return err
	}
	if _, err := s.write(dir, ManifestFile, writes(text)); err != nil {
		return err
	}
	return s.fs.SyncDir(dir)
}

// write creates and syncs one file, and returns what it wrote.
func (s *Store) write(
	dir, name string, content func(io.Writer) error,
) (entry FileEntry, err error) {
	f, err := s.fs.Create(filepath.Join(dir, name))
	if err != nil {
		return entry, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	sum := sha256.New()
	counted := &counter{w: io.MultiWriter(f, sum)}
	buffered := bufio.NewWriterSize(counted, 1<<20)
	if err := errors.Join(content(buffered), buffered.Flush()); err != nil {
		return entry, fmt.Errorf("%s: %w", name, err)
	}
	if err := f.Sync(); err != nil {
		return entry, fmt.Errorf("%s: %w", name, err)
	}
	return FileEntry{Name: name, Size: counted.n, SHA256: hex.EncodeToString(sum.Sum(nil))}, nil
}

func writes(text []byte) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	}
}

// point makes the link RUN/name lead to a step's checkpoint, in one rename.
func (s *Store) point(name string, step int) error {
	link := filepath.Join(s.run, name)
	tmp := filepath.Join(s.run, tmpPrefix+name)
	for _, act := range []func() error{
		func() error { return s.fs.RemoveAll(tmp) },
		func() error { return s.clear(link) },
		func() error { return s.fs.Symlink(filepath.Join(Folder, stepName(step)), tmp) },
		func() error { return s.fs.Rename(tmp, link) },
		func() error { return s.fs.SyncDir(s.run) },
	} {
		if err := act(); err != nil {
			return fmt.Errorf("checkpoint: point %q to step %d: %w", link, step, err)
		}
	}
	return nil
}

// clear moves a folder aside that stands where a link is to be: it is not ours to delete.
func (s *Store) clear(link string) error {
	if info, err := os.Lstat(link); err != nil || !info.IsDir() {
		return nil
	}
	return s.fs.Rename(link, link+replacedMark)
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func checksum(data []byte) string { return fmt.Sprintf("%08x", crc32.Checksum(data, castagnoli)) }

// counter counts the bytes that pass.
type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}
