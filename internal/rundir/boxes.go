package rundir

import (
	"fmt"

	"cmae/internal/contrastivecrop"
	"cmae/internal/fault"
	"cmae/internal/rundir/checkpoint"
	"cmae/internal/weights/safetensors"
)

// BoxesTensor is what the boxes of ContrastiveCrop are called in the state of a checkpoint.
const BoxesTensor = "boxes"

// SaveBoxes adds the boxes to a checkpoint.
func SaveBoxes(c *checkpoint.Checkpoint, boxes *contrastivecrop.Boxes) {
	t := safetensors.FromFloat32s(BoxesTensor, []int{boxes.Len(), 4}, boxes.Floats())
	c.Tensors[checkpoint.StateGroup] = append(c.Tensors[checkpoint.StateGroup], t)
}

// RestoreBoxes fills boxes from a checkpoint and reports whether it did: not where the run has
// found none yet.
func RestoreBoxes(c *checkpoint.Checkpoint, boxes *contrastivecrop.Boxes) (bool, error) {
	if c.Metrics[checkpoint.RefreshedMetric] < 0 {
		return false, nil
	}
	for _, t := range c.Tensors[checkpoint.StateGroup] {
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
