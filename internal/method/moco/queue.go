package moco

import (
	"fmt"

	"cmae/internal/recipe"
)

// Keys age. Those in a queue were made by momentum networks of as many steps as it holds batches,
// and the oldest differs from the newest by (1 - momentum) x queue / batch of what the online
// network moves. Where that is much in a short run, keys are told by their age and little is
// learned of images (docs/results/moco.md). The published queue is for a million images and 200
// epochs; the defaults come from the official CIFAR-10 demo.
const (
	shortMomentum = 0.99
	shortBatches  = 8      // in a queue
	mostAging     = 0.08   // in a short run
	shortSteps    = 20_000 // of a short run at most; the demo has 19,400
)

// warnAging says, of a short run whose number of images is known, that its keys age too much.
func warnAging(c recipe.Sized) []string {
	k, batch := c.Contrast, c.Train.BatchSize
	steps := c.Images / batch * c.Train.Epochs
	perKey := (1 - k.Momentum) / float64(batch)
	most := mostAging / perKey * (1 + 1e-9) // of keys in the queue; the rest is for rounding
	if steps == 0 || steps > shortSteps || float64(k.QueueSize) <= most {
		return nil
	}
	return []string{fmt.Sprintf(
		"contrast.queue_size: in a queue of %d by batches of %d at contrast.momentum %g keys age "+
			"by %.2g %%, and in a run of %d steps they may be told by their age; take at most %d, "+
			"or a higher momentum",
		k.QueueSize, batch, k.Momentum, 100*perKey*float64(k.QueueSize), steps, int(most),
	)}
}
