package internal_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestSpec: what comments cite of docs/spec.md is there, a section (## 4.) or a point of one.
func TestSpec(t *testing.T) {
	text, err := os.ReadFile("../docs/spec.md")
	if err != nil {
		t.Fatal(err)
	}
	there, section := map[string]bool{}, ""
	heading, point := regexp.MustCompile(`^## (\d+)\.`), regexp.MustCompile(`^(\d+)\. `)
	for line := range strings.Lines(string(text)) {
		if m := heading.FindStringSubmatch(line); m != nil {
			section = m[1]
			there[section] = true
		} else if m := point.FindStringSubmatch(line); m != nil {
			there[section+"."+m[1]] = true
		}
	}
	number := regexp.MustCompile(`\d+(?:\.\d+)?`)
	cited := regexp.MustCompile(
		`[Ss]pec(?:ification)? \d+(?:\.\d+)?(?:(?:,| and) \d+(?:\.\d+)?)*`,
	)
	found := 0
	for _, f := range sources(t) {
		source, err := os.ReadFile(f.name)
		if err != nil {
			t.Fatal(err)
		}
		for _, citation := range cited.FindAllString(string(source), -1) {
			for _, at := range number.FindAllString(citation, -1) {
				if found++; !there[at] {
					t.Errorf("%s cites %q: docs/spec.md has no %s", f.name, citation, at)
				}
			}
		}
	}
	if found < 20 {
		t.Errorf("found %d citations", found)
	}
}
