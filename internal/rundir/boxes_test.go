package rundir

import (
	"errors"
	"testing"

	"cmae/internal/contrastivecrop"
	"cmae/internal/fault"
	"cmae/internal/rundir/checkpoint"
)

func TestBoxesComeBack(t *testing.T) {
	boxes := contrastivecrop.NewBoxes(2, 8, contrastivecrop.Attention, nil)
	want := []float32{0, .25, .5, .75, 0, 0, 1, 1}
	if err := boxes.Restore(want); err != nil {
		t.Fatal(err)
	}
	c := &checkpoint.Checkpoint{Tensors: map[string][]checkpoint.Tensor{}}
	c.Metrics = map[string]float64{checkpoint.RefreshedMetric: 3}
	SaveBoxes(c, boxes)
	same := contrastivecrop.NewBoxes(2, 8, contrastivecrop.Attention, nil)
	if found, err := RestoreBoxes(c, same); !found || err != nil ||
		same.Lookup()(0) != boxes.Lookup()(0) {
		t.Errorf("%v, %v: %v", found, err, same.Floats())
	}
	other := contrastivecrop.NewBoxes(3, 8, contrastivecrop.Attention, nil)
	if _, err := RestoreBoxes(c, other); !errors.Is(err, fault.Mismatch) {
		t.Errorf("boxes of two images for three: %v", err)
	}
	c.Metrics[checkpoint.RefreshedMetric] = -1
	if found, err := RestoreBoxes(c, other); found || err != nil {
		t.Errorf("before they were found: %v, %v", found, err)
	}
}
