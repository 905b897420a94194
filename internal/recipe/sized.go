package recipe

// Sized is a pretraining on images of a known side: what the graph of a step is built from. The
// shape of its encoder is resolved.
type Sized struct {
	Pretrain
	Side   int // S, of an image in pixels
	Images int // to train on; 0 where their number is unknown
}

// At is c on images of side pixels, whose number is unknown.
func (c Pretrain) At(side int) Sized {
	c.Model = c.Encoder().At(side)
	return Sized{Pretrain: c, Side: side}
}

// Of is c for so many images.
func (c Sized) Of(images int) Sized {
	c.Images = images
	return c
}

// Grid is the number of patches along a side, 0 for a ResNet.
func (c Sized) Grid() int {
	if c.Model.IsResNet() {
		return 0
	}
	return c.Side / c.Model.PatchSize
}

// Patches is N, 0 for a ResNet.
func (c Sized) Patches() int { return c.Grid() * c.Grid() }

// Visible is V, the patches that a mask leaves of the query.
func (c Sized) Visible() int { return c.Mask.Visible(c.Patches()) }

// KeyVisible is as many of the key.
func (c Sized) KeyVisible() int { return c.Mask.KeyVisible(c.Patches()) }

// Values is how many values an image has, C*S*S.
func (c Sized) Values() int { return c.Model.In() * c.Side * c.Side }

// Pixels is P, the values of one patch.
func (c Sized) Pixels() int { return c.Model.In() * c.Model.PatchSize * c.Model.PatchSize }
