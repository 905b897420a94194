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

// Files of a checkpoint beside those of its tensors. The settings are in the run's folder as well.
const (
	ManifestFile = "manifest.json"
	SettingsFile = "config.yaml"
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

// Within is the checkpoint that the folder path is or, as a run, calls its last; false where there
// is neither.
func Within(path string) (string, bool) {
	if _, err := os.Stat(filepath.Join(path, ManifestFile)); err == nil {
		return path, true
	}
	last := filepath.Join(path, Last)
	_, err := os.Stat(last)
	return last, err == nil
}
