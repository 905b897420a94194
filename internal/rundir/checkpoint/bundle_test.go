package checkpoint

import (
	"os"
	"path/filepath"
	"testing"
)

// TestSaveBundle fails at every change of the disk in turn, then saves: a bundle under its final
// name is whole, the newest is found, and one is left. The run's checkpoints are as they were.
func TestSaveBundle(t *testing.T) {
	bundle := func(step int) *Checkpoint {
		return &Checkpoint{
			Manifest: Manifest{Step: step - 1, Divergence: &Divergence{Step: step}},
			Tensors: map[string][]Tensor{
				BatchGroup: {{Name: "x", DType: "F32", Shape: []int{1}, Data: make([]byte, 4)}},
			},
		}
	}
	run := t.TempDir()
	s := &Store{run, disk{}}
	if _, err := s.Save(&Checkpoint{Manifest: Manifest{Step: 1}}); err != nil {
		t.Fatal(err)
	}
	for failAt := 1; ; failAt++ {
		fs := newFaulty(failAt, true)
		_, err := (&Store{run, fs}).SaveBundle(bundle(2 + failAt%2))
		if path, found := Bundle(run); found {
			if err := verify(path); err != nil {
				t.Fatalf("failed at %d: %v", failAt, err)
			}
		}
		if err == nil && fs.calls < failAt {
			break
		}
	}
	path, err := s.SaveBundle(bundle(9))
	if err != nil {
		t.Fatal(err)
	}
	if found, _ := Bundle(run); found != path || filepath.Base(path) != "step-9" {
		t.Errorf("saved %s, found %s", path, found)
	}
	if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 1 {
		t.Errorf("left %v, %v", left, err)
	}
	if latest, _, err := Latest(run); err != nil || filepath.Base(latest) != "step-1" {
		t.Errorf("the run's checkpoint: %s, %v", latest, err)
	}
}
