package rundir

import (
	"fmt"

	"cmae/internal/contrastivecrop"
	"cmae/internal/fault"
	"cmae/internal/rundir/checkpoint"
	"cmae/internal/weights/safetensors"
)

// StateGroup is the group of a checkpoint's tensors for what is neither parameters nor moments.
const StateGroup = "state"

// The boxes of ContrastiveCrop in a checkpoint: a tensor of StateGroup, and the number of the epoch
// before which they were last found, -1 if never.
const (
	BoxesTensor     = "boxes"
	RefreshedMetric = "refreshed"
)

// SaveBoxes adds the boxes to a checkpoint.
func SaveBoxes(c *checkpoint.Checkpoint, boxes *contrastivecrop.Boxes) {
	t := safetensors.FromFloat32s(BoxesTensor, []int{boxes.Len(), 4}, boxes.Floats())
	c.Tensors[StateGroup] = append(c.Tensors[StateGroup], t)
}

// RestoreBoxes fills boxes with those of a checkpoint and reports whether it did: not where the run
// has found none yet.
func RestoreBoxes(c *checkpoint.Checkpoint, boxes *contrastivecrop.Boxes) (bool, error) {
	if c.Metrics[RefreshedMetric] < 0 {
		return false, nil
	}
	for _, t := range c.Tensors[StateGroup] {
		if t.Name != BoxesTensor {
			continue
		}
		values, err := t.Float32s()
		if err == nil {
			err = boxes.Restore(values)
		}
		if err != nil {
			return false, fmt.Errorf("%w: boxes: %w", fault.Mismatch, err)
		}
		return true, nil
	}
	return false, nil
}
