package runpage

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"cmae/internal/config"
	"cmae/internal/evaluate"
	"cmae/internal/method"
	"cmae/internal/recipe"
	"cmae/internal/report/curves"
	"cmae/internal/rundir"
	"cmae/internal/rundir/checkpoint"
)

// run is what a folder says of a run.
type run struct {
	folder    string
	pretrain  *recipe.Pretrain // one of these two
	finetune  *recipe.Finetune
	common    recipe.Common
	train     recipe.Train
	text      string // of the settings
	rows      []rundir.Row
	sessions  []rundir.Session
	manifest  *checkpoint.Manifest // of the last checkpoint, nil before the first
	kept      []evaluate.Kept
	warnings  []string // of the log
	holder    string   // the process that is writing it
	diverged  bool
	epochRows []rundir.Row
}

// read reads a folder. One without a run is a *config.Error.
func read(folder string) (*run, error) {
	r := &run{folder: folder}
	rows, err := curves.Read(folder)
	if err != nil {
		return nil, err
	}
	r.rows = rows
	for _, row := range rows {
		if row.Event == rundir.EpochEvent {
			r.epochRows = append(r.epochRows, row)
		}
	}
	if err := r.readSettings(); err != nil {
		return nil, err
	}
	f := rundir.Folder(folder)
	if r.sessions, err = f.Sessions(); err != nil {
		return nil, err
	}
	if r.kept, err = evaluate.AllKept(folder); err != nil {
		return nil, err
	}
	if last, ok := checkpoint.Within(folder); ok {
		m, err := checkpoint.ReadManifest(last)
		if err != nil {
			return nil, err
		}
		r.manifest = &m
	}
	r.holder, r.diverged = f.Holder(), f.Diverged()
	return r, r.readWarnings()
}

// readSettings reads the settings of a pretraining or of a finetuning.
func (r *run) readSettings() error {
	path := filepath.Join(r.folder, checkpoint.SettingsFile)
	text, err := rundir.ReadFile(path)
	if err != nil {
		return fmt.Errorf("report: settings: %w", err)
	}
	r.text = string(text)
	if tuned, err := recipe.LoadFinetune(path, text); err == nil || recipe.IsFinetune(text) {
		r.finetune, r.common, r.train = &tuned, tuned.Common, tuned.Train.Train
		return err
	}
	c, err := method.All().Decode(path, text)
	if err != nil {
		return err
	}
	r.pretrain, r.common, r.train = &c, c.Common, c.Train.Train
	return nil
}

// changed are the settings that differ from the defaults.
func (r *run) changed() []config.Change {
	if r.finetune != nil {
		return config.Diff(recipe.DefaultFinetune(), *r.finetune)
	}
	return config.Diff(method.All().Unset(*r.pretrain), *r.pretrain)
}

// readWarnings reads the warnings of train.log, each once.
func (r *run) readWarnings() error {
	log, err := rundir.ReadFile(rundir.Folder(r.folder).Log())
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("report: log: %w", err)
	}
	seen := map[string]bool{}
	for line := range strings.Lines(string(log)) {
		_, text, ok := strings.Cut(strings.TrimRight(line, "\r\n"), " warning: ")
		if ok && !seen[text] {
			seen[text], r.warnings = true, append(r.warnings, text)
		}
	}
	return nil
}

// steps is the number of optimizer steps done.
func (r *run) steps() int {
	if len(r.rows) > 0 {
		return r.rows[len(r.rows)-1].Step
	}
	return 0
}

// epochs is the number of those that are done.
func (r *run) epochs() int {
	if r.manifest != nil {
		return max(r.manifest.Epoch, len(r.epochRows))
	}
	return len(r.epochRows)
}
