package finetune

import (
	"math"
	"path/filepath"
	"testing"
)

// TestAccumulationEqualsTheWholeBatch: parts have the draws of the whole batch, and their gradients
// add up to its.
func TestAccumulationEqualsTheWholeBatch(t *testing.T) {
	c := tiny(t, 3)
	c.Train.Epochs, c.Optim.BaseLR = 2, .01
	var last [2]float64
	for i, parts := range []int{1, 5} {
		c.Train.Accumulate = parts
		last[i] = tune(t, Options{Config: c, Run: filepath.Join(t.TempDir(), "run")}).Loss
	}
	if d := math.Abs(last[0] - last[1]); d > 1e-6 { // another order of summation in float32
		t.Errorf("loss %g in one part, %g in five", last[0], last[1])
	}
}
