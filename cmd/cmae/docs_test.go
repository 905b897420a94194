package main

import (
	"strings"
	"testing"
)

// TestFolded: what is too long goes on below its column, and no word is lost.
func TestFolded(t *testing.T) {
	flag := "      --set stringArray    " + strings.Repeat("change one setting, ", 8) + "as told"
	for _, line := range []string{flag, "short", strings.Repeat("word ", 40) + "end"} {
		got := folded(line)
		if strings.Join(strings.Fields(got), " ") != strings.Join(strings.Fields(line), " ") {
			t.Errorf("%q has other words", got)
		}
		for _, part := range strings.Split(got, "\n") {
			if len(part) > widest {
				t.Errorf("%q has %d columns", part, len(part))
			}
		}
	}
	second := strings.Split(folded(flag), "\n")[1]
	if len(second)-len(strings.TrimLeft(second, " ")) != 27 {
		t.Errorf("%q does not stand below the description", second)
	}
	if one := strings.Repeat("x", 150); folded(one) != one {
		t.Error("a word was cut")
	}
}
