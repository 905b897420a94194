package internal_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
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

// TestReadingOrders: a package that gives an order to read its files in names them all.
func TestReadingOrders(t *testing.T) {
	files, _ := goCode(t)
	docs, byFolder := map[string]string{}, map[string][]string{}
	set := token.NewFileSet()
	for _, f := range files {
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(set, f, nil, parser.ParseComments|parser.PackageClauseOnly)
		if err != nil {
			t.Fatal(err)
		}
		folder := filepath.Dir(f)
		if parsed.Doc != nil {
			docs[folder] += parsed.Doc.Text()
		} else {
			byFolder[folder] = append(byFolder[folder], filepath.Base(f))
		}
	}
	for folder, names := range byFolder {
		order := readingOrder.FindString(docs[folder])
		if order == "" || slices.Contains(namedByRule, folder) {
			continue
		}
		for _, name := range names {
			name = kindOfMachine.ReplaceAllString(name, "")
			if !regexp.MustCompile(`\b` + name + `(_\w+)?\b`).MatchString(order) {
				t.Errorf("the reading order of %s lacks %s", folder, name)
			}
		}
	}
}

// namedByRule are the packages whose reading order says which file holds what by a rule: one
// operation a file, say.
var namedByRule = []string{"graph/op", "kernel/portable", "method/cmae"}

var (
	readingOrder  = regexp.MustCompile(`(?s)\b(Reading order|Read )[^\n]*?\b\w+\.go\b.*?(\n\n|$)`)
	kindOfMachine = regexp.MustCompile(`(_(linux|unix|windows|other|amd64|arm64|generic))*\.go$`)
)
