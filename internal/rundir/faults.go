package rundir

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"cmae/internal/atomicfile"
	"cmae/internal/dataset"
)

// WriteBadFiles lists the images that the run left out, a line each, where there are any.
func (f Folder) WriteBadFiles(bad []dataset.BadFile) error {
	if len(bad) == 0 {
		return nil
	}
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	for _, b := range bad {
		if err := e.Encode(b); err != nil {
			return fmt.Errorf("run: bad files: %w", err)
		}
	}
	if err := atomicfile.Write(f.File(badFiles), text.Bytes(), 0o644); err != nil {
		return fmt.Errorf("run: bad files: %w", err)
	}
	return nil
}

// Diverged says that the run ended with numbers that were no longer finite.
func (f Folder) Diverged() bool {
	_, err := os.Stat(f.File(divergedFile))
	return err == nil
}

// DivergedAt is the step, from 1, at which the run ended so, 0 where it did not. A file that does
// not say which step counts as the first.
func (f Folder) DivergedAt() int {
	if !f.Diverged() {
		return 0
	}
	var at struct{ Step int }
	if text, err := ReadFile(f.File(divergedFile)); err == nil {
		_ = json.Unmarshal(text, &at) // what it doesn't say stays 0
	}
	return max(at.Step, 1)
}

// ForgetDivergence takes back that the run ended so: it deletes diverged.json.
func (f Folder) ForgetDivergence() error {
	if err := os.Remove(f.File(divergedFile)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("run: %w", err)
	}
	return nil
}

// WriteDiverged writes, as JSON, what a step worked on whose numbers were no longer finite, and
// returns the file's path.
func (f Folder) WriteDiverged(report any) (path string, err error) {
	path = f.File(divergedFile)
	text, err := json.MarshalIndent(report, "", "  ")
	if err == nil {
		err = atomicfile.Write(path, append(text, '\n'), 0o644)
	}
	if err != nil {
		return "", err
	}
	return path, nil
}
