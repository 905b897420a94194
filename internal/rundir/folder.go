// Package rundir is the folder of a run, runs/NAME: its files, who may write there, and what a run
// goes on from. The loop writes it (package trainer); whoever shows, evaluates or exports a run
// reads it. The checkpoints in it are package checkpoint's.
//
// Reading order: folder.go (the files of a run), lock.go (who writes there), resume.go (what a run
// goes on from), regular.go (what must be a file), session.go (the processes that trained it),
// logs.go, metrics.go and row.go (train.log and the rows of metrics.jsonl), faults.go
// (bad_files.jsonl, diverged.json), boxes.go (the boxes of ContrastiveCrop in a checkpoint).
package rundir

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"cmae/internal/atomicfile"
	"cmae/internal/config"
	"cmae/internal/fault"
	"cmae/internal/rundir/checkpoint"
	"cmae/internal/system"
)

// Folder is runs/NAME: config.yaml, metrics.jsonl, train.log, checkpoints/; diverged/ where numbers
// were no longer finite; while it is written, lock.
type Folder string

// What a run, and commands on its encoder, write to the run's folder beside settings and
// checkpoints.
const (
	MetricsFile  = "metrics.jsonl"
	ProbeFile    = "probe.safetensors" // the linear probe last trained on the encoder
	ReportFile   = "report.html"
	Evaluations  = "evaluations" // results of evaluations, a file each
	sessionsFile = "sessions.jsonl"
	logFile      = "train.log"
	divergedFile = "diverged.json"
	badFiles     = "bad_files.jsonl" // images left out
	pictures     = "pictures"
	EventsFolder = "tensorboard" // event files, of package track
	MLflowFile   = "mlflow.json" // which of an MLflow server's runs it is
)

// written lists all of it. Overwriting a run deletes it.
var written = []string{
	checkpoint.SettingsFile, checkpoint.Folder, checkpoint.Last, checkpoint.Best,
	checkpoint.Diverged, ProbeFile, ReportFile, Evaluations, sessionsFile, logFile,
	divergedFile, badFiles, pictures, EventsFolder, MLflowFile,
	MetricsFile, // last, as the folder is a run's as long as it is there
}

// Pictures is where the pictures of a run folder go.
func Pictures(run string) string { return filepath.Join(run, pictures) }

// Picture is where a picture goes that nobody named: to the run's other pictures or, without a run
// folder, to the working folder.
func Picture(run, name string) string {
	if run == "" || !Folder(run).Begun() {
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

// Log is the path of train.log.
func (f Folder) Log() string { return f.File(logFile) }

// Free refuses a folder with anything in it but what a process killed at its beginning left; with
// overwrite, one that is not free and holds no run: what lies there under the names of a run's
// files is somebody's.
func (f Folder) Free(overwrite bool) error {
	if overwrite && f.isRun() {
		return nil
	}
	entries, err := os.ReadDir(string(f))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("run: folder: %w", err)
	}
	if !slices.ContainsFunc(entries, func(e os.DirEntry) bool {
		return e.Name() != lockName && !atomicfile.Temporary(e.Name(), isFile)
	}) {
		return nil
	}
	if !f.isRun() {
		return fmt.Errorf(
			"%w: folder %q exists and holds no run; name another with --out", fault.Usage,
			string(f),
		)
	}
	return fmt.Errorf(
		"%w: run folder %q exists; go on with --resume, start anew with --overwrite, or name "+
			"another with --out",
		fault.Usage, string(f),
	)
}

// isRun reports whether a run has begun in the folder, or left a checkpoint there.
func (f Folder) isRun() bool { return f.Begun() || checkpoint.Any(string(f)) }

// Deletes reports whether overwriting the run deletes a path: the folder itself, or what a run
// writes in it.
func (f Folder) Deletes(path string) bool {
	inside, err := filepath.EvalSymlinks(path)
	if err != nil || path == "" { // which would be the working folder
		return false
	}
	folder, err := filepath.EvalSymlinks(string(f))
	if err != nil {
		return false
	}
	if inside, err = filepath.Abs(inside); err == nil {
		folder, err = filepath.Abs(folder)
	}
	within, relErr := filepath.Rel(folder, inside)
	if err != nil || relErr != nil || !filepath.IsLocal(within) {
		return false
	}
	first, _, _ := strings.Cut(filepath.ToSlash(within), "/")
	return within == "." || slices.Contains(written, first)
}

// Create readies the folder, which this process holds, for a new run with the given settings. It
// refuses a folder that is not free unless overwrite is set and a run is there, and then deletes
// what written lists and nothing else.
func (f Folder) Create(settings any, overwrite bool) error {
	if err := f.Free(overwrite); err != nil {
		return err
	}
	for _, name := range written {
		if err := system.RemoveAll(f.File(name)); err != nil {
			return fmt.Errorf("run: overwrite: %w", err)
		}
	}
	f.Sweep()
	// the first that tells the folder for a run's
	if err := os.WriteFile(f.File(MetricsFile), nil, 0o644); err != nil {
		return fmt.Errorf("run: metrics: %w", err)
	}
	return f.WriteSettings(settings)
}

// Begun reports whether there is a run in the folder, however far it came.
func (f Folder) Begun() bool {
	info, err := os.Lstat(f.File(MetricsFile))
	return err == nil && info.Mode().IsRegular()
}

// WriteSettings writes config.yaml, the settings of a run.
func (f Folder) WriteSettings(settings any) error {
	text, err := Resolved(settings)
	if err != nil {
		return err
	}
	if err := atomicfile.Write(f.File(checkpoint.SettingsFile), text, 0o644); err != nil {
		return fmt.Errorf("run: write settings: %w", err)
	}
	return nil
}

// Resolved is the YAML of settings, every default spelled out.
func Resolved(settings any) ([]byte, error) {
	var text bytes.Buffer
	if err := config.Print(&text, settings); err != nil {
		return nil, fmt.Errorf("run: print settings: %w", err)
	}
	return text.Bytes(), nil
}
