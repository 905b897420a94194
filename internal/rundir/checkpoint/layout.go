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
