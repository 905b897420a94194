package internal_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// widest is the most columns of a line, a tab being four.
const widest = 100

// TestWidth keeps comments and pages within widest. Tables, commands and addresses may be longer.
func TestWidth(t *testing.T) {
	for _, root := range []string{".", "../cmd", "../scripts", "../docs", "../README.md",
		"../CONTRIBUTING.md"} {
		err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
			if d != nil && d.Name() == "testdata" {
				return filepath.SkipDir
			}
			if err != nil || d.IsDir() {
				return err
			}
			may := map[string]func([]byte) func(int) bool{".go": codeOf, ".md": blocksOf}
			if may := may[filepath.Ext(name)]; may != nil {
				return widths(t, name, may)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// widths reports the lines of a file that are too long, unless may accepts them.
func widths(t *testing.T, name string, may func(text []byte) func(line int) bool) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	long := may(text)
	for i, line := range strings.Split(string(text), "\n") {
		columns := len([]rune(strings.ReplaceAll(line, "\t", "    ")))
		if columns > widest && !long(i+1) {
			t.Errorf("%s:%d: %d columns", name, i+1, columns)
		}
	}
	return nil
}

// codeOf finds the lines of Go that are no comment, and tables and formulas in comments.
func codeOf(text []byte) func(line int) bool {
	lines := strings.Split(string(text), "\n")
	return func(line int) bool {
		comment, found := strings.CutPrefix(strings.TrimSpace(lines[line-1]), "//")
		return !found || strings.HasPrefix(comment, "\t") || strings.HasPrefix(comment, "   ")
	}
}

// blocksOf finds the lines of Markdown that cannot be broken.
func blocksOf(text []byte) func(line int) bool {
	lines := strings.Split(string(text), "\n")
	return func(line int) bool {
		l := lines[line-1]
		return strings.HasPrefix(l, "|") || strings.HasPrefix(l, "    ") ||
			!strings.Contains(strings.TrimSpace(l), " ")
	}
}
