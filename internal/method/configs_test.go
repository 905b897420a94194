package method_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cmae/internal/config"
	"cmae/internal/method"
)

// TestConfigs loads every file of configs/ and demands that it opens with what a reader wants to
// know before running it.
func TestConfigs(t *testing.T) {
	found := 0
	err := filepath.WalkDir("../../configs", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".yaml" {
			return err
		}
		found++
		// other packages load those
		if !strings.HasSuffix(path, "-finetune.yaml") &&
			!strings.Contains(path, "/grid/") {
			if _, err := method.Load(method.Default(), config.Source{File: path}); err != nil {
				t.Errorf("%s: %v", path, err)
			}
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		lines := strings.Split(string(text), "\n")
		for _, want := range []string{
			"# Purpose:", "# Command:", "# Machine:", "# Time:", "# Result:",
		} {
			for strings.HasPrefix(lines[0], "#  ") {
				lines = lines[1:] // the one before goes on
			}
			if !strings.HasPrefix(lines[0], want) {
				t.Errorf("%s: %q stands where %q was due", path, lines[0], want)
			}
			lines = lines[1:]
		}
		return nil
	})
	if err != nil || found == 0 {
		t.Fatalf("%d files: %v", found, err)
	}
}
