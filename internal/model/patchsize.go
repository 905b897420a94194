package model

// SmallPatch is the side of a patch of small images, and was the default of all.
const SmallPatch = 4

// largePatch is the largest patch of published encoders.
const largePatch = 32

// At is c, resolved, for images of side pixels: patches have the size that is set, else one that
// suits the images. Where none divides them, ValidateSide says so.
func (c EncoderConfig) At(side int) EncoderConfig {
	c = c.Resolved()
	if c.PatchSize > 0 || c.IsResNet() {
		return c
	}
	if c.PatchSize = patchAt(side); c.PatchSize == 0 {
		c.PatchSize = SmallPatch
	}
	return c
}

// patchAt is the side of patches for images of side pixels, 0 where none divides them well: of
// small images 4, else what makes nearest to 8 x 8 patches up to 128 pixels, to 14 x 14 from 224
// on: 7 x 7 at least, more than 16 x 16 only of 8 pixels or more, none larger than published ones.
func patchAt(side int) int {
	if side > 0 && side < 48 && side%SmallPatch == 0 {
		return SmallPatch
	}
	best, least, wanted := 0, 0, min(max(side/16, 8), 14)
	for grid := 7; grid <= 16 || side/grid >= 8; grid++ {
		off := max(grid-wanted, wanted-grid)
		if side >= grid && side%grid == 0 && side/grid <= largePatch && (best == 0 || off < least) {
			best, least = side/grid, off
		}
	}
	return best
}
