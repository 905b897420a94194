package cmae

import (
	"strings"

	"cmae/internal/config"
	"cmae/internal/method/contrast"
	"cmae/internal/model"
	"cmae/internal/recipe"
)

// Title is mae if only the reconstruction has weight.
func (m Method) Title(c recipe.Pretrain) string {
	for _, t := range m.active(c) {
		if _, same := t.(Reconstruct); !same {
			return m.Name()
		}
	}
	return "mae"
}

// Defaults are for small scales: the loss weights are not the paper's 1:1:1, which loses to MAE
// there; docs/results/search.md says where these come from.
func (Method) Defaults(c *recipe.Pretrain, _ recipe.Pretrain) {
	c.Optim.BaseLR = 4e-3
	c.Contrast.Weight, c.Contrast.Tau, c.Contrast.Momentum = 0.1, 0.1, 0.996
	c.Location.Weight = 0.02
}

// Idle lists what only MoCo reads.
func (Method) Idle() []string { return []string{"contrast.groups", "contrast.freeze_patches"} }

// Check refuses encoders that cannot leave hidden patches out, and what contrast refuses.
func (Method) Check(c recipe.Pretrain) error {
	if err := checkEncoder(c.Model); err != nil {
		return err
	}
	if n, batch := every(c), c.Train.BatchSize; n > 1 && (batch%n != 0 || batch/n < 2) {
		return config.Faultf(
			"contrast.every", "%d must divide train.batch_size %d and leave 2 images or more", n,
			batch,
		)
	}
	key := c.Contrast.Key
	if c.Mask.KeyRatio > 0 && (key == recipe.KeyFull || key == recipe.KeyBank) {
		return config.Faultf(
			"mask.key_ratio", "%g hides patches of keys, and contrast.key %s hides none; "+
				"leave it out, or take contrast.key visible or split", c.Mask.KeyRatio, key,
		)
	}
	return contrast.Check(c)
}

// CheckSide refuses masks that hide all or nothing, and a loss without terms.
func (m Method) CheckSide(c recipe.Sized) error {
	if err := checkMask(c); err != nil {
		return err
	}
	if len(m.active(c.Pretrain)) == 0 {
		return m.nothing(c.Pretrain)
	}
	return nil
}

// CheckMasked refuses images, encoders and masks that leave nothing to reconstruct, or to
// reconstruct from, whatever a recipe trains.
func CheckMasked(c recipe.Sized) error {
	if err := c.Model.ValidateSide(c.Side); err != nil {
		return err
	}
	if err := checkEncoder(c.Model); err != nil {
		return err
	}
	return checkMask(c)
}

func checkEncoder(c model.EncoderConfig) error {
	if c.IsResNet() {
		return config.Faultf(
			"model.size",
			"%s cannot leave hidden patches out, as method cmae does; take a transformer (micro, "+
				"tiny, small, base, large), or method moco-v1, moco-v2 or moco-v3",
			c.Size,
		)
	}
	return nil
}

func checkMask(c recipe.Sized) error {
	n := c.Patches()
	for _, mask := range []struct {
		key     string
		ratio   float64
		visible int
	}{
		{"mask.ratio", c.Mask.Ratio, c.Visible()},
		{"mask.key_ratio", c.Mask.KeyRatio, c.KeyVisible()},
	} {
		switch {
		case mask.visible < 1:
			return config.Faultf(
				mask.key, "%g of %d patches leaves none visible", mask.ratio, n,
			)
		case mask.visible >= n:
			return config.Faultf(mask.key, "%g of %d patches hides none", mask.ratio, n)
		}
	}
	return nil
}

// nothing names the weights of all terms.
func (m Method) nothing(c recipe.Pretrain) error {
	var keys []string
	for _, t := range m.terms {
		keys = append(keys, t.Describe(c).WeightKey())
	}
	return config.Faultf(
		keys[0], "is 0, and so are %s: nothing to learn from", strings.Join(keys[1:], " and "),
	)
}

// Sharding follows contrast: all else is a mean over images.
func (Method) Sharding(c recipe.Pretrain) error { return contrast.Sharding(c.Contrast) }

// Unit holds one contrasted image.
func (Method) Unit(c recipe.Pretrain) int { return every(c) }

// Warnings are the terms' warnings.
func (m Method) Warnings(c recipe.Sized) []string {
	var all []string
	for _, t := range m.active(c.Pretrain) {
		all = append(all, t.Warnings(c)...)
	}
	return all
}

// MinMemory is the memory of the encoder's visible pass and of the terms' heads.
func (m Method) MinMemory(c recipe.Sized, batch int) model.MinMemory {
	d := c.Model.MinMemoryOf(c.Side, batch, c.Visible(), true)
	for _, t := range m.active(c.Pretrain) {
		t.MinMemory(&d, c, batch)
	}
	return d
}
