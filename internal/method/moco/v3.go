package moco

import (
	"cmae/internal/graph/nn"
	"cmae/internal/model"
	"cmae/internal/optim"
	"cmae/internal/recipe"
)

// V3 has the projector of CMAE and a predictor, and contrasts both ways within the batch. On a
// transformer its defaults are the published ViT recipe's, but for these: the warm-up stays
// at the usual 2 epochs, because 40 of 300 are more than a short run has; the loss is the mean of
// the two directions, not their sum, which AdamW does not tell apart; both views have the same
// chance of blur, and none is solarized. A ResNet is trained by AdamW too, where the paper has LARS
// and a temperature of 1.
func V3() Method {
	return Method{version: version{
		name: "moco-v3", idle: []string{"contrast.queue_size", "contrast.groups"},
		defaults: func(c *recipe.Pretrain, chosen recipe.Pretrain) {
			k := &c.Contrast
			k.Momentum, k.Symmetric, k.Predictor, k.ScaleByTau = 0.99, true, true, true
			c.Augment.Saturation = 0.2
			c.Optim = optim.Default()
			c.Optim.BaseLR, c.Optim.WeightDecay, c.Optim.Beta2 = 1.5e-4, 0.1, 0.999
			c.Optim.DecayAll = true
			if !chosen.Model.IsResNet() {
				k.Pool, k.FreezePatches, c.Augment.ScaleMin = recipe.PoolCls, true, 0.08
			}
		},
		head: func(s *nn.Scope, c recipe.Contrast, in int) layer {
			return model.NewProjector(s, in, c.HiddenFor(in), c.Out, c.Layers)
		},
		hidden: func(c recipe.Contrast, in int) int { return c.HiddenFor(in) },
	}}
}
