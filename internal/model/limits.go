package model

import (
	"fmt"

	"cmae/internal/config"
)

// What sizes that follow from several settings may be at most: above all published models, and low
// enough that a graph is built in seconds and no product of them overflows.
const (
	mostHidden  = 1 << 18 // of an MLP
	mostPatches = 1 << 16 // of an image
)

// hidden reports whether an MLP of this ratio can be built. NaN fails both comparisons.
func hidden(dim int, ratio float64) bool {
	h := float64(dim) * ratio
	return h >= 1 && h <= mostHidden
}

// ValidateSide checks images of side pixels: patches must divide them, and be no more than
// attention can hold. A ResNet takes any side.
func (c EncoderConfig) ValidateSide(side int) error {
	if c.IsResNet() {
		return nil
	}
	c = c.At(side)
	if side < 1 || side%c.PatchSize != 0 {
		return config.Faultf(
			"model.patch_size",
			"%d does not divide data.image_size %d; %s", c.PatchSize, side, c.fitting(side),
		)
	}
	if grid := side / c.PatchSize; grid > mostPatches/grid {
		return config.Faultf(
			"data.image_size",
			"%d makes %d x %d patches of model.patch_size %d, and at most %d are supported",
			side, grid, grid, c.PatchSize, mostPatches,
		)
	}
	return nil
}

// fitting is what to set where the patches do not divide side.
func (c EncoderConfig) fitting(side int) string {
	if best := patchAt(side); best > 0 {
		grid := side / best
		return fmt.Sprintf("model.patch_size %d divides it into %d x %d patches", best, grid, grid)
	}
	return fmt.Sprintf(
		"set data.image_size to a multiple of it, such as %d",
		max((side+c.PatchSize/2)/c.PatchSize, 1)*c.PatchSize,
	)
}
