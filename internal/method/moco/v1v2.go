package moco

import (
	"cmae/internal/graph/nn"
	"cmae/internal/optim"
	"cmae/internal/recipe"
)

// V1 has a linear head and a queue.
func V1() Method {
	return Method{version: version{
		name: "moco-v1", queued: true, idle: append(idleWithQueue(), "contrast.hidden"),
		defaults: func(c *recipe.Pretrain, chosen recipe.Pretrain) {
			queueDefaults(c, chosen)
			c.Contrast.Tau = 0.07
			c.Augment.JitterProb, c.Augment.Hue, c.Augment.BlurProb = 1, 0.4, 0
			if chosen.Train.Epochs > 2 { // fewer have no two steps
				c.Optim.Schedule, c.Optim.Milestones = optim.ScheduleStep, []float64{0.6, 0.8}
			}
		},
		head: func(s *nn.Scope, c recipe.Contrast, in int) layer {
			return newHead(s, in, c.Out)
		},
		hidden: func(recipe.Contrast, int) int { return 0 },
	}}
}

// V2 has a head of two layers, as wide as the features unless contrast.hidden is set, and a queue.
func V2() Method {
	return Method{version: version{
		name: "moco-v2", queued: true, idle: idleWithQueue(),
		defaults: queueDefaults,
		head: func(s *nn.Scope, c recipe.Contrast, in int) layer {
			hidden := c.Hidden
			if hidden == 0 {
				hidden = in
			}
			return newHead(s, in, hidden, c.Out)
		},
		hidden: func(recipe.Contrast, int) int { return 0 },
	}}
}

// idleWithQueue lists what v3 reads and the others do not; and ContrastiveCrop needs the attention
// of a transformer.
func idleWithQueue() []string {
	return []string{
		"crop", "contrast.symmetric", "contrast.predictor", "contrast.scale_2tau",
		"contrast.layers",
	}
}

// queueDefaults sets what MoCo-v1 and MoCo-v2 have in common. Queue and momentum suit short runs
// (queue.go).
func queueDefaults(c *recipe.Pretrain, chosen recipe.Pretrain) {
	c.Crop = recipe.DefaultPretrain().Crop // which needs attention
	k := &c.Contrast
	k.Momentum, k.MomentumSchedule = shortMomentum, recipe.MomentumConstant
	k.QueueSize, k.Out = shortBatches*chosen.Train.BatchSize, 128
	if chosen.Model.IsResNet() {
		k.Groups = groupsOf(chosen.Train.BatchSize)
	}
	o := optim.Default()
	o.Kind, o.BaseLR, o.WarmupEpochs, o.WeightDecay = optim.KindSGD, 0.03, 0, 1e-4
	o.DecayAll = true
	c.Optim = o
}

// groupsOf is in how many parts a batch is normalised by default: as on the 8 devices of the
// published runs, or fewer where an eighth would be under 16 images.
func groupsOf(batch int) int {
	groups := 8
	for groups > 1 && (batch%groups != 0 || batch/groups < 16) {
		groups /= 2
	}
	return groups
}
