package curves

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestTable: a table has every row of every run, and the numbers of terms in columns of their own.
func TestTable(t *testing.T) {
	a, b := metricsFolder(t, "first", 2, true), metricsFolder(t, "second", 1, false)
	path := filepath.Join(t.TempDir(), "metrics.csv")
	if err := Plot(path, nil, a, b); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	records, err := csv.NewReader(strings.NewReader(string(text))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	want := "run event step epoch grad_norm knn_accuracy loss lr terms.reconstruct terms.sharpness"
	if got := strings.Join(records[0], " "); got != want {
		t.Errorf("columns %s, want %s", got, want)
	}
	if len(records) != 1+3*21 {
		t.Errorf("%d lines", len(records))
	}
	for i, want := range map[int]string{
		2: "first step 2 0 2  0.5 0.001 0.5 0.5", 21: "first epoch 20 0  0.5    ",
		63: "second epoch 20 0      ",
	} {
		if got := strings.Join(records[i], " "); got != want {
			t.Errorf("line %d is %q, want %q", i, got, want)
		}
	}
}
