package main

import (
	"strings"
	"testing"
)

// TestGuarded: a panic is told with its trace, and is no mistake of the user's.
func TestGuarded(t *testing.T) {
	var text strings.Builder
	if code := guarded(&text, func() int { panic("odd") }); code != exitBug {
		t.Errorf("exit code %d", code)
	}
	if !strings.Contains(text.String(), "odd") || !strings.Contains(text.String(), "exit_test.go") {
		t.Errorf("%s", text.String())
	}
	if code := guarded(&text, func() int { return 3 }); code != 3 {
		t.Errorf("exit code %d", code)
	}
}
