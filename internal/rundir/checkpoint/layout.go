package checkpoint

import (
	"os"
	"path/filepath"
)

// What a run's folder holds of its checkpoints: the folder of all, and links to the newest and to
// the best.
const (
	Folder = "checkpoints"
	Last   = "last"
	Best   = "best"
)

// Diverged is the folder of the bundle that a run has of the last step that diverged.
const Diverged = "diverged"

// Files of a checkpoint beside those of its tensors. The settings are in the run's folder as well.
const (
	ManifestFile = "manifest.json"
	SettingsFile = "config.yaml"
)

// The groups of tensors of a checkpoint, a file each.
const (
	// parameters, tables and momentum copies (what makes the next step's keys) by the names of
	// spec 8
	ModelGroup     = "model"
	OptimizerGroup = "optimizer" // its arrays by their names (optim.Array)
	StateGroup     = "state"     // what is neither parameter nor moment
	BatchGroup     = "batch"     // in a bundle: the step's batch, as it was fed
)

// The numbers of Manifest.Metrics.
const (
	LossMetric    = "loss"     // mean of the last whole epoch
	LossSumMetric = "loss_sum" // over the steps of the epoch under way
	RowsMetric    = "rows"     // of metrics.jsonl
	StaleMetric   = "stale"    // evaluations since the best one

	// of a run that evaluates itself: its best score, and the epoch after which that was, from 1
	BestMetric      = "best"
	BestEpochMetric = "best_epoch"
	// accuracy of the linear probe that the classifier of a finetuning began with
	ProbeMetric = "probe"
	// the epoch before which the boxes of ContrastiveCrop were last found, -1 if never
	RefreshedMetric = "refreshed"
)

// RunOf is the run that the checkpoint at path was written by, as its place says, or "" when that
// says nothing. It does not follow links.
func RunOf(path string) string {
	all := filepath.Dir(path)
	if filepath.Base(all) != Folder {
		return ""
	}
	return filepath.Dir(all)
}

// Within is the checkpoint that the folder path is or, as a run, calls its last or, where that link
// is lost, its newest; false where there is none.
func Within(path string) (string, bool) {
	if _, err := os.Stat(filepath.Join(path, ManifestFile)); err == nil {
		return path, true
	}
	last := filepath.Join(path, Last)
	if info, err := os.Stat(last); err == nil && info.IsDir() {
		return last, true
	}
	return newest(path)
}

// Any reports whether a run has a checkpoint whose manifest can be read.
func Any(run string) bool {
	_, found := newest(run)
	return found
}

func newest(run string) (string, bool) {
	all, _ := list(run) // a folder that cannot be read has none to offer
	for _, e := range all {
		if _, err := ReadManifest(e.path); err == nil {
			return e.path, true
		}
	}
	return "", false
}
