package model

import "cmae/internal/config"

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
	if side < 1 || side%c.PatchSize != 0 {
		return config.Faultf(
			"model.patch_size",
			"%d does not divide data.image_size %d", c.PatchSize, side,
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
