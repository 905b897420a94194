package internal_test

import (
	"os"
	"regexp"
	"strconv"
	"testing"
)

// TestRecipe: the defaults that docs/recipe.md gives reasons for are those of docs/settings.md,
// which the program writes. Only the first setting of a row is compared, and none that depends.
func TestRecipe(t *testing.T) {
	read := func(name string) string {
		text, err := os.ReadFile("../docs/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	defaults := map[string]string{}
	setting := regexp.MustCompile("(?s)\\*\\*`([a-z_.]+)`\\*\\* \\([^)]*?default\\s+`([^`]*)`")
	for _, m := range setting.FindAllStringSubmatch(read("settings.md"), -1) {
		if _, later := defaults[m[1]]; !later { // finetuning's come later
			defaults[m[1]] = m[2]
		}
	}
	same := func(a, b string) bool {
		x, errX := strconv.ParseFloat(a, 64)
		y, errY := strconv.ParseFloat(b, 64)
		return a == b || errX == nil && errY == nil && x == y
	}
	found := 0
	row := regexp.MustCompile("(?m)^\\| `([a-z_]+\\.[a-z_]+)`[^|]*\\| ([\\w.-]+)[^|]*\\| [^|]*\\| [^|]*\\|$")
	for _, m := range row.FindAllStringSubmatch(read("recipe.md"), -1) {
		if m[2] == "by" {
			continue
		}
		if found++; !same(m[2], defaults[m[1]]) {
			t.Errorf("docs/recipe.md: %s is %s, in docs/settings.md %q", m[1], m[2], defaults[m[1]])
		}
	}
	if found < 15 {
		t.Errorf("compared %d settings", found)
	}
}
