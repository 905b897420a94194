package checkpoint

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Divergence makes a checkpoint a bundle: all that it takes to repeat a step whose numbers were not
// finite. The checkpoint is the state before the step.
type Divergence struct {
	Command   string            `json:"command"` // that trained: "pretrain", "finetune"
	Step      int               `json:"step"`    // that diverged, from 1
	Term      string            `json:"term"`    // of the loss, "loss", or "gradient of NAME"
	Losses    map[string]string `json:"losses"`  // JSON has no NaN
	GradNorm  string            `json:"grad_norm"`
	LR        float64           `json:"lr"`
	Engine    string            `json:"engine"`
	Precision string            `json:"precision"`
	Replicas  int               `json:"replicas"`  // of each process
	Processes int               `json:"processes"` // that computed the step
}

// SaveBundle writes the bundle of a step, whole or not at all, and then deletes every other: a run
// keeps one.
func (s *Store) SaveBundle(c *Checkpoint) (path string, err error) {
	folder := filepath.Join(s.run, Diverged)
	name := stepName(c.Divergence.Step)
	path = filepath.Join(folder, name)
	if err := s.save(c, path); err != nil {
		return "", fmt.Errorf("checkpoint: save %q: %w", path, err)
	}
	entries, err := os.ReadDir(folder)
	for _, e := range entries {
		if e.Name() != name {
			err = errors.Join(err, s.fs.RemoveAll(filepath.Join(folder, e.Name())))
		}
	}
	if err != nil {
		return "", fmt.Errorf("checkpoint: delete bundles before %q: %w", path, err)
	}
	return path, nil
}

// Bundle is the newest bundle of a run, false where it has none.
func Bundle(run string) (path string, found bool) {
	all, err := listIn(filepath.Join(run, Diverged))
	if err != nil || len(all) == 0 {
		return "", false
	}
	return all[0].path, true
}
