package ablate

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"cmae/internal/config"
	"cmae/internal/method"
	"cmae/internal/rundir"
	"cmae/internal/rundir/checkpoint"
)

// find looks for what an earlier session did of the run, and refuses what was done with other
// settings than those of evaluators.
func (r *run) find(by []Evaluator) error {
	done, err := readResult(filepath.Join(r.folder, resultFile))
	if err != nil {
		return err
	}
	if done != nil {
		r.result, r.tunedBy = &done.Result, done.Tuning
		if err := same(
			r.folder, config.Current(r.config, done.Settings), config.Values(r.config),
			rundir.MayChange,
		); err != nil || !slices.Contains(by, Finetune) {
			return err
		}
		return at(
			string(Finetune),
			same(
				r.tuned(), config.Current(r.tuning, done.Tuning), config.Values(r.tuning),
				rundir.MayChange,
			),
		)
	}
	return begun(
		r.folder, method.All().Decode, r.config, append(r.config.MayChange(), rundir.MayChange...),
	)
}

// reread takes in what another process may have measured since.
func (r *run) reread() error {
	done, err := readResult(filepath.Join(r.folder, resultFile))
	if err == nil && done != nil {
		r.result, r.tunedBy = &done.Result, done.Tuning
	}
	return err
}

// begun refuses other settings than the run in a folder has, if there is one.
func begun[C any](
	folder string, load func(name string, text []byte) (C, error), now C, ignore []string,
) error {
	path := filepath.Join(folder, checkpoint.SettingsFile)
	text, err := rundir.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("ablate: settings of an earlier session: %w", err)
	}
	before, err := load(path, text)
	if err != nil {
		return err
	}
	return same(folder, config.Values(before), config.Values(now), ignore)
}

// paths are settings that earlier versions kept as they were given, from the working folder on.
var paths = []string{"data.path", "train.knn_path"}

func samePath(a, b string) bool {
	a, errA := filepath.Abs(a)
	b, errB := filepath.Abs(b)
	return errA == nil && errB == nil && a == b
}

// same refuses settings that differ from those of an earlier session. Keys that did not exist then
// are passed over.
func same(folder string, before, now map[string]string, ignore []string) error {
	for _, key := range slices.Sorted(maps.Keys(now)) {
		old, ok := before[key]
		if !ok || old == now[key] || config.Within(key, ignore...) ||
			slices.Contains(paths, key) && samePath(old, now[key]) {
			continue
		}
		return &config.Error{
			Key: key,
			Problem: fmt.Sprintf(
				"is %s, and was %s when %q began; leave it as it was, or give another folder with "+
					"--out",
				now[key], old, folder,
			),
		}
	}
	return nil
}
