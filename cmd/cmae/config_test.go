package main

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestSettingsPage: docs/settings.md is what the program would write; `make docs` renews it.
func TestSettingsPage(t *testing.T) {
	text, err := os.ReadFile("../../docs/settings.md")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(settingsPage(), string(text)); diff != "" {
		t.Errorf("run make docs:\n%s", diff)
	}
}
