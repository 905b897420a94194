// Package runs is a run of any command that trains: its folder, its epochs, how it resumes and how
// it ends early. The command's Training says what a step computes and how an epoch is judged.
//
// Reading order: session.go (what a command opens, and Training), loop.go (epochs and steps),
// state.go (position and checkpoints); folder.go (runs/NAME and its settings), lock.go (who writes
// there), resume.go (what a run goes on from), row.go, logs.go and metrics.go (metrics.jsonl,
// train.log), tensors.go (arrays to checkpoints and back), ended.go (interrupted, diverged, and
// what the log says of it), data.go (the images), limits.go (what settings may ask for).
package trainer

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/renameio/v2"

	"cmae/internal/config"
	"cmae/internal/rundir/checkpoint"
)

// ErrUsage is wrapped by errors about how a run was asked for: a folder that exists, a resume that
// does not fit.
var ErrUsage = errors.New("cannot run")

// Folder is runs/NAME: config.yaml, metrics.jsonl, train.log, checkpoints/; while it is written,
// lock.
type Folder string

// What a run, and commands on its encoder, write to the run's folder beside settings and
// checkpoints.
const (
	MetricsFile  = "metrics.jsonl"
	ProbeFile    = "probe.safetensors" // the linear probe last trained on the encoder
	logFile      = "train.log"
	divergedFile = "diverged.json"
	badFiles     = "bad_files.jsonl" // images left out
	pictures     = "pictures"
)

// written lists all of it. Overwriting a run deletes it.
var written = []string{
	checkpoint.SettingsFile, checkpoint.Folder, checkpoint.Last, checkpoint.Best, MetricsFile, ProbeFile, logFile, divergedFile, badFiles, pictures,
}

// Pictures is where the pictures of a run folder go.
func Pictures(run string) string { return filepath.Join(run, pictures) }

// Picture is where a picture goes that nobody named: to the run's other pictures or, without a run
// folder, to the working folder.
func Picture(run, name string) string {
	if run == "" || !Folder(run).begun() {
		return name
	}
	return filepath.Join(Pictures(run), name)
}

// Name is what a run or a file is called: the last element of its path, also where that is the
// working folder.
func Name(path string) string {
	if whole, err := filepath.Abs(path); err == nil {
		path = whole
	}
	return filepath.Base(path)
}

// File is the path of a file in the folder.
func (f Folder) File(name string) string { return filepath.Join(string(f), name) }

// free refuses a folder with anything in it.
func (f Folder) free() error {
	entries, err := os.ReadDir(string(f))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("run: folder: %w", err)
	}
	if slices.ContainsFunc(entries, func(e os.DirEntry) bool { return e.Name() != lockName }) {
		return fmt.Errorf(
			"%w: run folder %q exists; go on with --resume, start anew with --overwrite, or name another with --out",
			ErrUsage, string(f),
		)
	}
	return nil
}

// create readies the folder, which this process holds, for a new run with the given settings. It
// refuses a folder that is not free unless overwrite is set, and then deletes what written lists
// and nothing else.
func (f Folder) create(settings any, overwrite bool) error {
	if err := f.free(); err != nil && !overwrite {
		return err
	}
	for _, name := range written {
		if err := os.RemoveAll(f.File(name)); err != nil {
			return fmt.Errorf("run: overwrite: %w", err)
		}
	}
	return f.settle(settings)
}

// begun reports whether there is a run in the folder, however far it came.
func (f Folder) begun() bool {
	info, err := os.Lstat(f.File(MetricsFile))
	return err == nil && info.Mode().IsRegular()
}

// settle writes the settings of a run.
func (f Folder) settle(settings any) error {
	text, err := resolved(settings)
	if err != nil {
		return err
	}
	if err := renameio.WriteFile(f.File(checkpoint.SettingsFile), text, 0o644); err != nil {
		return fmt.Errorf("run: write settings: %w", err)
	}
	return nil
}

// resolved is the YAML of settings, every default spelled out.
func resolved(settings any) ([]byte, error) {
	var text bytes.Buffer
	if err := config.Print(&text, settings); err != nil {
		return nil, fmt.Errorf("run: print settings: %w", err)
	}
	return text.Bytes(), nil
}

// MayChange lists the keys and sections that a resume of any command may change. They do not change
// what is computed, except for rounding, since the order of sums depends on the number of threads
// in some engines.
var MayChange = []string{
	"loader", "threads", "lanes", "data.workers", "data.cache_dir", "train.checkpoint_every",
	"train.keep_last",
}

// sameSettings refuses a resume whose settings would train something else, and names them.
// MayChange and also list what may differ.
func sameSettings(saved, asked any, also ...string) error {
	changes := config.Diff(saved, asked, slices.Concat(MayChange, also)...)
	if len(changes) == 0 {
		return nil
	}
	lines := make([]string, len(changes))
	for i, c := range changes {
		lines[i] = fmt.Sprintf("%s (was %s, now %s)", c.Key, c.Old, c.New)
	}
	return fmt.Errorf(
		"%w: resume with changed settings: %s; leave them as they were, or start another run with --init-from",
		ErrUsage, strings.Join(lines, ", "),
	)
}
