package contrast

import (
	"fmt"

	"cmae/internal/config"
	"cmae/internal/contrastivecrop"
	"cmae/internal/model"
	"cmae/internal/recipe"
)

// Check refuses what a recipe cannot have beside the contrast of its keys, or without it.
func Check(c recipe.Pretrain) error {
	used := c.Contrast.Weight > 0
	switch {
	case used && c.Train.Accumulate > 1:
		return config.Faultf(
			"train.accumulate",
			"contrast.weight above 0 needs the whole batch at once: InfoNCE's negatives and "+
				"BatchNorm's statistics come from it, so microbatches would train something else",
		)
	case !c.Contrast.Copies() && c.Crop.Enabled && c.Crop.Net == contrastivecrop.Momentum:
		return config.Faultf(
			"crop.net",
			"momentum needs contrast.weight above 0 and keys that are no bank; without them there "+
				"is no momentum encoder",
		)
	case used && c.Contrast.Symmetric && c.Contrast.Key == recipe.KeyBank:
		return config.Faultf(
			"contrast.symmetric", "true swaps two views, and with contrast.key bank there is one",
		)
	case used && c.Train.BatchSize < 2:
		return config.Faultf(
			"train.batch_size",
			"1 leaves the projector's BatchNorm nothing to compare; take 2 or more (of method cmae "+
				"also contrast.weight 0)",
		)
	}
	return nil
}

// Sharding refuses groups, which are dealt images from the whole batch. All else is a mean over
// images, or asks the other replicas for theirs.
func Sharding(c recipe.Contrast) error {
	if c.Weight > 0 && c.Groups > 1 {
		return config.Faultf(
			"replicas",
			"contrast.groups %d deal images out over the whole batch; set one of them to 1",
			c.Groups,
		)
	}
	return nil
}

// Warnings says when the queue holds an image's own older keys.
func Warnings(c recipe.Sized) []string {
	size := c.Contrast.QueueSize
	if c.Contrast.Weight == 0 || c.Images == 0 || c.Images >= size {
		return nil
	}
	return []string{fmt.Sprintf(
		"contrast.queue_size: %d is more than the %d training images, so that older keys of an "+
			"image are negatives of itself; take at most %d",
		size, c.Images, c.Images,
	)}
}

// MinMemory adds the queue, the bank, which is copied where it begins and for checkpoints, and a
// projector with hidden values between its layers.
func MinMemory(d *model.MinMemory, sized recipe.Sized, hidden int) {
	c := sized.Contrast
	out, wide := model.Factor{Key: "contrast.out", Value: c.Out, Usual: 256}, float64(hidden)
	if c.Key == recipe.KeyBank {
		d.Add(2*4*float64(sized.Images)*float64(c.Out), out)
	}
	d.Add(
		4*float64(c.QueueSize)*float64(c.Out),
		model.Factor{Key: "contrast.queue_size", Value: c.QueueSize, Usual: 4096}, out,
	)
	d.Add(
		model.TrainedWeight*wide*(float64(c.Out)+float64(max(0, c.Layers-2))*wide),
		model.Factor{Key: "contrast.hidden", Value: hidden, Usual: 4096}, out,
		model.Factor{Key: "contrast.layers", Value: c.Layers, Usual: 3},
	)
}
