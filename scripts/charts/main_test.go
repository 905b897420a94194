package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestDrawn: the charts are of the tables as they are.
func TestDrawn(t *testing.T) {
	root := filepath.Join("..", "..")
	charts, err := draw(root)
	if err != nil {
		t.Fatal(err)
	}
	for name, svg := range charts {
		there, err := os.ReadFile(filepath.Join(root, name))
		if err != nil || string(there) != string(svg) {
			t.Errorf("%s is not what `make docs` draws", name)
		}
	}
}

func TestNumbers(t *testing.T) {
	for cell, want := range map[string][]float64{
		" **58.4** (58.2, 59.4, 57.7) ": {58.4, 58.2, 59.4, 57.7},
		" 47.0 (one seed) ":             {47},
		" 105.3, 155.6 ":                {105.3, 155.6},
		"  ":                            nil,
	} {
		if got, err := numbers(cell); err != nil || !slices.Equal(got, want) {
			t.Errorf("numbers(%q) = %v, %v; want %v", cell, got, err, want)
		}
	}
	if _, err := numbers("58.4 or so"); err == nil {
		t.Error("words passed as numbers")
	}
}
