package checkpoint

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"cmae/internal/fault"
	"cmae/internal/weights/safetensors"
)

// Load reads the checkpoint in dir, with all groups of tensors or only those named. All that it
// returns has been checked against the digests: fault.Corrupt names the file and, where it can, the
// tensor. Tensors come sorted by name. A group that is not there gives fault.Mismatch. dir may be a
// link that a run in progress moves on to newer checkpoints, and deletes what it led to.
func Load(dir string, groups ...string) (*Checkpoint, error) {
	for {
		path := followed(dir)
		c, err := loadAt(path, groups)
		if err == nil || followed(dir) == path {
			return c, err
		}
	}
}

// followed is where a link leads, and what is no link itself.
func followed(path string) string {
	target, err := readLink(path)
	switch {
	case err != nil:
		return path
	case filepath.IsAbs(target):
		return target
	}
	return filepath.Join(filepath.Dir(path), target)
}

// readLink is where a link leads, which on systems that ask for rights to make links is a small
// file with its text.
func readLink(path string) (string, error) {
	target, err := os.Readlink(path)
	if err == nil {
		return target, nil
	}
	text, err := readSmall(path, 100)
	if err != nil {
		return "", err
	}
	target = filepath.FromSlash(strings.TrimSpace(string(text)))
	if _, ok := stepOf(filepath.Base(target)); !ok {
		return "", fmt.Errorf("checkpoint: %q is no link to one", path)
	}
	return target, nil
}

func loadAt(dir string, groups []string) (*Checkpoint, error) {
	m, err := ReadManifest(dir)
	if err != nil {
		return nil, err
	}
	c := &Checkpoint{Manifest: m, Tensors: map[string][]Tensor{}, Path: dir}
	for _, f := range m.Files {
		group, isTensors := strings.CutSuffix(f.Name, tensorSuffix)
		if isTensors && len(groups) > 0 && !slices.Contains(groups, group) {
			continue
		}
		if err := verifyFile(dir, f); err != nil {
			return nil, err
		}
		if isTensors {
			c.Tensors[group], err = loadTensors(dir, f)
		} else {
			c.Config, err = os.ReadFile(filepath.Join(dir, f.Name))
		}
		if err != nil {
			return nil, fmt.Errorf("checkpoint: load %q: %w: %w", dir, fault.Corrupt, err)
		}
	}
	for _, g := range groups {
		if _, ok := c.Tensors[g]; !ok {
			return nil, fmt.Errorf(
				"checkpoint: load %q: %w: it has no %s", dir, fault.Mismatch, g+tensorSuffix,
			)
		}
	}
	return c, nil
}

// verify checks every file of the checkpoint in dir without keeping it.
func verify(dir string) error {
	m, err := ReadManifest(dir)
	if err != nil {
		return err
	}
	for _, f := range m.Files {
		if err := verifyFile(dir, f); err != nil {
			return err
		}
	}
	return nil
}

// verifyFile compares a file with its entry and, where they differ, says which part of it is to
// blame.
func verifyFile(dir string, entry FileEntry) error {
	path := filepath.Join(dir, entry.Name)
	stat, err := os.Stat(path) // before opening: opening a FIFO would block
	switch {
	case gone(err):
		return fmt.Errorf("checkpoint: read %q: %w: the file is missing", path, fault.Corrupt)
	case err != nil:
		return fmt.Errorf("checkpoint: read: %w", err)
	case !stat.Mode().IsRegular():
		return fmt.Errorf("checkpoint: read %q: %w: not a regular file", path, fault.Corrupt)
	case stat.Size() != entry.Size:
		return fmt.Errorf(
			"checkpoint: read %q: %w: %d bytes, %d were written", path, fault.Corrupt, stat.Size(),
			entry.Size,
		)
	}
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("checkpoint: read: %w", err)
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return fmt.Errorf("checkpoint: read: %w", err)
	}
	if hex.EncodeToString(sum.Sum(nil)) == entry.SHA256 {
		return nil
	}
	if _, err := loadTensors(dir, entry); entry.Tensors != nil && err != nil {
		return fmt.Errorf("checkpoint: read %q: %w: %w", path, fault.Corrupt, err)
	}
	return fmt.Errorf(
		"checkpoint: read %q: %w: its bytes do not match their digest", path, fault.Corrupt,
	)
}

// loadTensors reads a file of tensors and checks each against its CRC.
func loadTensors(dir string, entry FileEntry) (_ []Tensor, err error) {
	f, err := safetensors.Open(filepath.Join(dir, entry.Name))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	tensors := []Tensor{}
	for _, name := range f.Names() {
		t, err := f.Tensor(name)
		if err != nil {
			return nil, err
		}
		if checksum(t.Data) != entry.Tensors[name] {
			return nil, fmt.Errorf("tensor %q does not match its checksum", name)
		}
		tensors = append(tensors, t)
	}
	return tensors, nil
}
