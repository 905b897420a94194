package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// TestUpToDate: both files are those of go.mod and go.sum.
func TestUpToDate(t *testing.T) {
	const root = "../.."
	table, texts, err := generate(root)
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string][]byte{tablePath: table, textsPath: texts} {
		got, err := os.ReadFile(filepath.Join(root, path))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not of these modules (%v): run make licences", path, err)
		}
	}
}
