package internal_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	goFile   = regexp.MustCompile(`[a-z0-9_/]+\.go\b`)
	function = regexp.MustCompile(`\b(Test[A-Z]\w+|kerneltest\.[A-Z]\w+)`)
)

// TestPagesNameWhatExists: the files and tests that pages and package comments name are there.
func TestPagesNameWhatExists(t *testing.T) {
	files, code := goCode(t)
	exists := func(name string) bool {
		for _, f := range files {
			if strings.HasSuffix("/internal/"+f, "/"+name) {
				return true
			}
		}
		return false
	}
	check := func(page, text string) {
		for _, name := range goFile.FindAllString(text, -1) {
			if !exists(name) {
				t.Errorf("%s names %s, which does not exist", page, name)
			}
		}
		for _, name := range function.FindAllString(text, -1) {
			if !strings.Contains(code, "func "+strings.TrimPrefix(name, "kerneltest.")+"(") {
				t.Errorf("%s names %s, which does not exist", page, name)
			}
		}
	}
	pages, err := filepath.Glob("../docs/*.md")
	if err != nil || len(pages) == 0 {
		t.Fatalf("no pages: %v", err)
	}
	for _, page := range pages {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		check(page, string(text))
	}
	set := token.NewFileSet()
	for _, f := range files {
		parsed, err := parser.ParseFile(set, f, nil, parser.ParseComments|parser.PackageClauseOnly)
		if err != nil {
			t.Fatal(err)
		}
		if parsed.Doc != nil {
			check(f, parsed.Doc.Text())
		}
	}
}

// goCode lists the Go files of the module, and joins what is in them.
func goCode(t *testing.T) (files []string, code string) {
	t.Helper()
	var all strings.Builder
	for _, root := range []string{".", "../cmd"} {
		err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(name) != ".go" {
				return err
			}
			text, err := os.ReadFile(name)
			all.Write(text)
			files = append(files, filepath.ToSlash(name))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return files, all.String()
}
