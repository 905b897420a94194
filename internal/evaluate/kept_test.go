package evaluate

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cmae/internal/rundir"
)

func TestKept(t *testing.T) {
	run := t.TempDir()
	if all, err := AllKept(run); err != nil || all != nil {
		t.Fatalf("of a run without evaluations: %v, %v", all, err)
	}
	c := NewConfusion([]string{"a", "b"})
	c.AddScores(0, []float32{2, 1})
	c.AddScores(1, []float32{2, 1})
	for _, k := range []Kept{
		{Result: Result{Method: "knn", Score: c.Score(), Confusion: c.Matrix()}, Subject: Pixels},
		{Result: Result{Method: "knn"}, Subject: Trained, Step: 8},
		{Result: Result{Method: "linear"}, Subject: Trained},
		{Result: Result{Method: "linear", Dim: 3}, Subject: Trained},
	} {
		if err := Keep(run, k); err != nil {
			t.Fatal(err)
		}
	}
	all, err := AllKept(run)
	if err != nil || len(all) != 3 {
		t.Fatalf("kept %v, %v", all, err)
	}
	if all[0].Method != "linear" || all[0].Dim != 3 || all[1].Step != 8 || all[1].When.IsZero() {
		t.Errorf("kept %+v", all)
	}
	if k := all[2]; k.Accuracy != .5 || k.Confusion[1][0] != 1 || k.PerClass[1].Total != 1 {
		t.Errorf("kept %+v", k)
	}
	path := filepath.Join(run, rundir.Evaluations, "knn-pixels.json")
	if err := os.WriteFile(path, []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := AllKept(run); err == nil || !strings.Contains(err.Error(), "delete it") {
		t.Errorf("a broken file: %v", err)
	}
}
