package trainer

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/renameio/v2"

	"cmae/internal/config"
)

// ErrUsage is wrapped by errors about how a run was asked for: a folder that exists, a resume that does not fit.
var ErrUsage = errors.New("cannot run")

// mayChange are the settings that a resume may change: they do not change what is computed.
var mayChange = []string{"loader", "threads", "data.workers", "data.cache_dir", "train.checkpoint_every", "train.keep_last", "probe"}

// runFolder is runs/NAME: config.yaml, metrics.jsonl, train.log, checkpoints/.
type runFolder struct{ path string }

func (r runFolder) file(name string) string { return filepath.Join(r.path, name) }

// create makes a new folder. One that holds a run is refused unless overwrite is given, which deletes what a run wrote there and nothing else.
func (r runFolder) create(c Config, overwrite bool) error {
	entries, err := os.ReadDir(r.path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("trainer: run folder: %w", err)
	}
	if len(entries) > 0 && !overwrite {
		return fmt.Errorf("%w: run folder %q exists; go on with --resume, start anew with --overwrite, or name another with --out", ErrUsage, r.path)
	}
	for _, name := range []string{"config.yaml", "metrics.jsonl", "train.log", "checkpoints", "last", "best", "diverged.json"} {
		if err := os.RemoveAll(r.file(name)); err != nil {
			return fmt.Errorf("trainer: overwrite run: %w", err)
		}
	}
	if err := os.MkdirAll(r.path, 0o755); err != nil {
		return fmt.Errorf("trainer: run folder: %w", err)
	}
	text, err := resolved(c)
	if err != nil {
		return err
	}
	if err := renameio.WriteFile(r.file("config.yaml"), text, 0o644); err != nil {
		return fmt.Errorf("trainer: write settings: %w", err)
	}
	return nil
}

func resolved(c Config) ([]byte, error) {
	var text bytes.Buffer
	if err := config.Print(&text, c); err != nil {
		return nil, fmt.Errorf("trainer: print settings: %w", err)
	}
	return text.Bytes(), nil
}

// LoadConfig reads the resolved settings of a checkpoint or run.
func LoadConfig(name string, text []byte) (Config, error) {
	c := Default()
	err := config.Decode(&c, name, text)
	return c, err
}

// sameSettings refuses a resume whose settings would train something else, naming them.
func sameSettings(saved, asked Config) error {
	changes := config.Diff(saved, asked, mayChange...)
	if len(changes) == 0 {
		return nil
	}
	lines := make([]string, len(changes))
	for i, c := range changes {
		lines[i] = fmt.Sprintf("%s (was %s, now %s)", c.Key, c.Old, c.New)
	}
	return fmt.Errorf("%w: resume with changed settings: %s; leave them as they were, or start another run with --init-from", ErrUsage, strings.Join(lines, ", "))
}
