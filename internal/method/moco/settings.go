package moco

import (
	"cmae/internal/config"
	"cmae/internal/method/contrast"
	"cmae/internal/model"
	"cmae/internal/recipe"
)

// Title is the name.
func (m Method) Title(recipe.Pretrain) string { return m.name }

// Defaults are the version's published numbers: both views have all the colour changes, and the
// contrast is the only term.
func (m Method) Defaults(c *recipe.Pretrain, chosen recipe.Pretrain) {
	c.Augment.ColourQuery = true
	c.Reconstruct.Weight, c.Location.Weight = 0, 0
	c.Contrast.Weight, c.Contrast.Tau = 1, 0.2
	m.defaults(c, chosen)
}

// Idle lists what belongs to hidden patches, and what belongs to other versions.
func (m Method) Idle() []string {
	return append([]string{
		"mask", "decoder", "contrast.query", "contrast.key", "contrast.bank_momentum",
		"contrast.every",
	}, m.idle...)
}

// Check refuses what the version cannot contrast, and what the encoder cannot do.
func (m Method) Check(c recipe.Pretrain) error {
	k, resnet := c.Contrast, c.Model.IsResNet()
	switch {
	case k.Weight == 0:
		return config.Faultf("contrast.weight", "0 leaves %s nothing to learn from", m.name)
	case m.queued && k.QueueSize == 0:
		return config.Faultf(
			"contrast.queue_size",
			"%s takes its negatives from a queue; give it a size, such as 4096, or take moco-v3",
			m.name,
		)
	case m.queued && k.Symmetric:
		return m.without("contrast.symmetric")
	case m.queued && k.Predictor:
		return m.without("contrast.predictor")
	case m.queued && k.ScaleByTau:
		return m.without("contrast.scale_2tau")
	case k.Groups > 1 && (!m.queued || !resnet):
		return config.Faultf(
			"contrast.groups",
			"%d splits the BatchNorms of a ResNet in moco-v1 and moco-v2; set it to 1",
			k.Groups,
		)
	case resnet && k.Pool != recipe.PoolMean:
		return config.Faultf(
			"contrast.pool",
			"%q needs a transformer; the features of %s are a mean, so set it to mean",
			k.Pool, c.Model.Size,
		)
	case resnet && k.FreezePatches:
		return config.Faultf(
			"contrast.freeze_patches",
			"%s has no patch embedding; set it to false", c.Model.Size,
		)
	}
	if err := checkGroups(k.Groups, c.Train.BatchSize); err != nil {
		return err
	}
	return contrast.Check(c)
}

func (m Method) without(key string) error {
	return config.Faultf(key, "belongs to moco-v3; %s does without, so leave it out", m.name)
}

func checkGroups(groups, batch int) error {
	switch {
	case batch%groups != 0:
		return config.Faultf("contrast.groups", "%d must divide train.batch_size %d", groups, batch)
	case groups > 1 && batch/groups < 2:
		return config.Faultf(
			"contrast.groups",
			"%d of a batch of %d leave one image in each, whose statistics would be its own; take "+
				"fewer",
			groups, batch,
		)
	}
	return nil
}

// CheckSide refuses nothing: all of an image is seen, whatever its side.
func (Method) CheckSide(recipe.Sized) error { return nil }

// Unit is an image.
func (Method) Unit(recipe.Pretrain) int { return 1 }

// Sharding refuses ResNets, which have BatchNorm in every layer, and what contrast refuses.
func (Method) Sharding(c recipe.Pretrain) error {
	if err := c.Sharding(); err != nil {
		return err
	}
	return contrast.Sharding(c.Contrast)
}

// Warnings are about the queue.
func (Method) Warnings(c recipe.Sized) []string {
	return append(contrast.Warnings(c), warnAging(c)...)
}

// MinMemory is the memory of the encoder on whole images, the queue and the projector.
func (m Method) MinMemory(c recipe.Sized, batch int) model.MinMemory {
	d := c.Model.MinMemoryOf(c.Side, batch, c.Patches(), true)
	contrast.MinMemory(&d, c, m.hidden(c.Contrast, c.Model.Features()))
	return d
}
