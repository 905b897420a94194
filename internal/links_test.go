package internal_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	linked  = regexp.MustCompile(`\]\(([^)\s]+)\)|src="([^"]+)"`)
	named   = regexp.MustCompile(`\bdocs/[\w/-]+\.(?:md|svg|png)`)
	heading = regexp.MustCompile(`(?m)^#+ (.*)$`)
	notSlug = regexp.MustCompile(`[^\w -]`)
)

// TestLinks: a page's links to files and headings, and the pages that configurations and scripts
// name, are there.
func TestLinks(t *testing.T) {
	found := 0
	for _, root := range []string{"../docs", "../README.md", "../CONTRIBUTING.md", "../configs",
		"../scripts"} {
		err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			text, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			for _, page := range named.FindAllString(string(text), -1) {
				found++
				checkLink(t, name, "../"+page, "")
			}
			if filepath.Ext(name) != ".md" {
				return nil
			}
			for _, link := range linked.FindAllStringSubmatch(string(text), -1) {
				found++
				file, anchor, _ := strings.Cut(link[1]+link[2], "#")
				if strings.Contains(file, "://") || strings.HasPrefix(file, "mailto:") {
					continue
				}
				if file = filepath.Join(filepath.Dir(name), file); link[1] != "" && link[1][0] == '#' {
					file = name
				}
				checkLink(t, name, file, anchor)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if found < 100 {
		t.Errorf("found %d links", found)
	}
}

// checkLink reports a file that isn't there, or one without a heading for anchor.
func checkLink(t *testing.T, from, file, anchor string) {
	if _, err := os.Stat(file); err != nil {
		t.Errorf("%s leads to %s, which is not there", from, file)
		return
	}
	if anchor == "" {
		return
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range heading.FindAllStringSubmatch(string(text), -1) {
		slug := notSlug.ReplaceAllString(strings.ToLower(h[1]), "")
		if strings.ReplaceAll(slug, " ", "-") == anchor {
			return
		}
	}
	t.Errorf("%s leads to %s#%s, which has no such heading", from, file, anchor)
}
