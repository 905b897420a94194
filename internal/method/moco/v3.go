package moco

import (
	"cmae/internal/graph/nn"
	"cmae/internal/model"
	"cmae/internal/optim"
	"cmae/internal/recipe"
)

// V3 has the projector of CMAE and a predictor, and contrasts both ways within the batch. Two of
// its defaults are not as published: the warm-up stays at the usual 2 epochs, because 40 of 300 are
// more than a short run has, and the loss is the mean of the two directions, not their sum, which
// AdamW does not tell apart.
func V3() Method {
	return Method{version: version{
		name: "moco-v3", idle: []string{"contrast.queue_size", "contrast.groups"},
		defaults: func(c *recipe.Pretrain, chosen recipe.Pretrain) {
			k := &c.Contrast
			k.Momentum, k.Symmetric, k.Predictor, k.ScaleByTau = 0.99, true, true, true
			if !chosen.Model.IsResNet() {
				k.Pool = recipe.PoolCls
			}
			c.Optim = optim.Default()
			c.Optim.BaseLR, c.Optim.WeightDecay, c.Optim.Beta2 = 1.5e-4, 0.1, 0.999
		},
		head: func(s *nn.Scope, c recipe.Contrast, in int) layer {
			return model.NewProjector(s, in, c.HiddenFor(in), c.Out, c.Layers)
		},
		hidden: func(c recipe.Contrast, in int) int { return c.HiddenFor(in) },
	}}
}
