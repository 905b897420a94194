package model

import "cmae/internal/config"

// Config is everything that decides the architecture of one pretraining step.
type Config struct {
	Method      Method
	Side        int // of an image, in pixels
	Encoder     EncoderConfig
	Decoder     DecoderConfig
	Mask        MaskConfig
	Reconstruct ReconstructConfig
	Contrast    ContrastConfig
	Location    LocationConfig
	// KeyOrder is the order of the images in a key pass whose BatchNorms have groups; nil deals
	// them out. Training never sets it.
	KeyOrder []int
}

// Grid is the number of patches along a side.
func (c Config) Grid() int { return c.Side / c.Encoder.PatchSize }

// Patches is N, 0 for a ResNet.
func (c Config) Patches() int {
	if c.Encoder.IsResNet() {
		return 0
	}
	return c.Grid() * c.Grid()
}

// Noise is the number of values that an image's random mask is drawn from: N, 0 where nothing is
// hidden.
func (c Config) Noise() int {
	if c.Method.IsMoCo() {
		return 0
	}
	return c.Patches()
}

// Visible is V.
func (c Config) Visible() int { return c.Mask.Visible(c.Patches()) }

// Pixels is P, the values of one patch.
func (c Config) Pixels() int { return 3 * c.Encoder.PatchSize * c.Encoder.PatchSize }

// Validate checks what involves more than one section, in the user's terms.
func (c Config) Validate() error {
	if err := c.Encoder.ValidateSide(c.Side); err != nil {
		return err
	}
	if err := c.ValidateMethod(); err != nil || c.Method.IsMoCo() {
		return err
	}
	n := c.Patches()
	switch {
	case c.Visible() < 1:
		return config.Faultf("mask.ratio", "%g of %d patches leaves none visible", c.Mask.Ratio, n)
	case c.Visible() >= n:
		return config.Faultf("mask.ratio", "%g of %d patches hides none", c.Mask.Ratio, n)
	case c.Reconstruct.Weight == 0 && c.Contrast.Weight == 0 && c.Location.Weight == 0:
		return config.Faultf(
			"reconstruct.weight",
			"is 0, and so are contrast.weight and location.weight: nothing to learn from",
		)
	}
	return nil
}

// Warnings lists what is allowed and probably not meant.
func (c Config) Warnings() []string {
	if c.Method.IsMoCo() || c.Reconstruct.Weight == 0 {
		return nil
	}
	return c.Decoder.Warnings(c.Grid())
}

// ValidateMethod checks what the method asks of encoder and contrast, whatever the images.
func (c Config) ValidateMethod() error {
	if !c.Method.IsMoCo() {
		if c.Encoder.IsResNet() {
			return config.Faultf(
				"model.size",
				"%s cannot leave hidden patches out, as method cmae does; take a transformer (micro, tiny, small, base, large), or method moco-v1, moco-v2 or moco-v3",
				c.Encoder.Size,
			)
		}
		return nil
	}
	k := c.Contrast
	queued := c.Method == MoCo1 || c.Method == MoCo2
	switch {
	case k.Weight == 0:
		return config.Faultf("contrast.weight", "0 leaves %s nothing to learn from", c.Method)
	case queued && k.QueueSize == 0:
		return config.Faultf(
			"contrast.queue_size",
			"%s takes its negatives from a queue; give it a size, such as 4096, or take moco-v3",
			c.Method,
		)
	case !queued && k.QueueSize > 0:
		return config.Faultf(
			"contrast.queue_size",
			"%d must be 0: moco-v3 takes its negatives from the batch; moco-v2 has a queue",
			k.QueueSize,
		)
	case queued && k.Symmetric:
		return onlyMoCo3("contrast.symmetric", c.Method)
	case queued && k.Predictor:
		return onlyMoCo3("contrast.predictor", c.Method)
	case queued && k.ScaleByTau:
		return onlyMoCo3("contrast.scale_2tau", c.Method)
	case k.Groups > 1 && (!queued || !c.Encoder.IsResNet()):
		return config.Faultf(
			"contrast.groups",
			"%d splits the BatchNorms of a ResNet in moco-v1 and moco-v2; set it to 1",
			k.Groups,
		)
	case c.Encoder.IsResNet() && k.Pool != PoolMean:
		return config.Faultf(
			"contrast.pool",
			"%q needs a transformer; the features of %s are a mean, so set it to mean",
			k.Pool, c.Encoder.Size,
		)
	case c.Encoder.IsResNet() && k.FreezePatches:
		return config.Faultf(
			"contrast.freeze_patches",
			"%s has no patch embedding; set it to false", c.Encoder.Size,
		)
	}
	return nil
}

func onlyMoCo3(key string, method Method) error {
	return config.Faultf(key, "belongs to moco-v3; %s does without, so leave it out", method)
}
