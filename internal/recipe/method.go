package recipe

import (
	"slices"
	"strings"

	"cmae/internal/config"
	"cmae/internal/model"
	"cmae/internal/optim"
)

// Choices are those of Common, and the methods.
func (c Pretrain) Choices() map[string][]string {
	choices := c.Common.Choices()
	for _, m := range model.Methods() {
		choices["method"] = append(choices["method"], string(m))
	}
	return choices
}

// Preset gives c, the defaults of one method, the defaults of chosen's method, unless the two are
// the same. So a configuration that names only its method gets that method's published numbers; the
// shape of the encoder, the data and the length of the run stay as they were. Two things of MoCo-v3
// are not as published: the warm-up stays at the usual 2 epochs, because 40 of 300 are more than a
// short run has, and the loss is the mean of the two directions, not their sum, which AdamW does
// not tell apart.
func (c *Pretrain) Preset(chosen any) {
	to := chosen.(Pretrain)
	if to.Method == c.Method {
		return
	}
	d := DefaultPretrain()
	c.Method, c.Augment, c.Mask, c.Decoder, c.Reconstruct, c.Contrast, c.Location, c.Optim =
		to.Method, d.Augment, d.Mask, d.Decoder, d.Reconstruct, d.Contrast, d.Location, d.Optim
	if !to.Method.IsMoCo() {
		return
	}
	if to.Method != model.MoCo3 {
		c.Crop = d.Crop // which needs attention
	}
	c.Augment.ColourQuery = true
	c.Reconstruct.Weight, c.Location.Weight = 0, 0
	c.Contrast.Weight, c.Contrast.Tau = 1, 0.2
	switch to.Method {
	case model.MoCo1:
		c.presetQueue()
		c.Contrast.Tau = 0.07
		c.Augment.JitterProb, c.Augment.Hue, c.Augment.BlurProb = 1, 0.4, 0
		if to.Train.Epochs > 2 { // fewer have no two steps
			c.Optim.Schedule, c.Optim.Milestones = optim.ScheduleStep, []float64{0.6, 0.8}
		}
	case model.MoCo2:
		c.presetQueue()
	case model.MoCo3:
		k := &c.Contrast
		k.Momentum, k.Symmetric, k.Predictor, k.ScaleByTau = 0.99, true, true, true
		if !to.Model.IsResNet() {
			k.Pool = model.PoolCls
		}
		c.Optim = optim.Default()
		c.Optim.BaseLR, c.Optim.WeightDecay, c.Optim.Beta2 = 1.5e-4, 0.1, 0.999
	}
}

// presetQueue sets what MoCo-v1 and MoCo-v2 have in common. A queue of 65,536, as published, suits
// a million images.
func (c *Pretrain) presetQueue() {
	k := &c.Contrast
	k.Momentum, k.MomentumSchedule, k.QueueSize, k.Out = 0.999, model.MomentumConstant, 4096, 128
	c.Optim = optim.Default()
	c.Optim.Kind, c.Optim.BaseLR, c.Optim.WarmupEpochs, c.Optim.WeightDecay, c.Optim.DecayAll = optim.KindSGD, 0.03, 0, 1e-4, true
}

// Trains names what is trained, for people: the method, or mae if neither of the losses that CMAE
// adds to it has weight.
func (c Pretrain) Trains() string {
	if !c.Method.IsMoCo() && c.Contrast.Weight == 0 && c.Location.Weight == 0 {
		return "mae"
	}
	return string(c.Method)
}

// Defaults are the settings that c would have if nobody had set any but the method.
func (c Pretrain) Defaults() Pretrain {
	d := DefaultPretrain()
	method := d.Method
	d.Preset(c)
	d.Method = method
	return d
}

// idle lists the keys, or sections, that a method does not read. Validate refuses values other than
// the method's defaults there: what a user sets is never ignored.
func (c Pretrain) idle() []string {
	if !c.Method.IsMoCo() {
		return []string{"contrast.groups", "contrast.freeze_patches"}
	}
	keys := []string{"mask", "decoder", "reconstruct", "location", "contrast.query", "contrast.key"}
	if c.Method == model.MoCo3 {
		return append(keys, "contrast.queue_size", "contrast.groups")
	}
	keys = append(
		keys, "crop", "contrast.symmetric", "contrast.predictor", "contrast.scale_2tau",
		"contrast.layers",
	)
	if c.Method == model.MoCo1 {
		keys = append(keys, "contrast.hidden")
	}
	return keys
}

// validateMethod checks the method, what it needs of the batch, and that nothing is set which it
// does not read.
func (c Pretrain) validateMethod() error {
	idle := c.idle()
	for _, change := range config.Diff(c.Defaults(), c) {
		if slices.ContainsFunc(
			idle,
			func(key string) bool {
				return change.Key == key || strings.HasPrefix(change.Key, key+".")
			},
		) {
			return config.Faultf(
				change.Key, "%s has no part in method %s; leave it out", change.New, c.Method,
			)
		}
	}
	if err := c.Architecture(0).ValidateMethod(); err != nil {
		return err
	}
	switch groups, batch := c.Contrast.Groups, c.Train.BatchSize; {
	case c.Probe.Feature == Cls && c.Model.IsResNet():
		return config.Faultf(
			"probe.feature",
			"%s has no class token; take mean, the average of its last feature map",
			c.Model.Size,
		)
	case c.Crop.Enabled && c.Model.IsResNet():
		return config.Faultf(
			"crop.enabled",
			"ContrastiveCrop finds objects by a transformer's attention; set it to false for %s",
			c.Model.Size,
		)
	case batch%groups != 0:
		return config.Faultf("contrast.groups", "%d must divide train.batch_size %d", groups, batch)
	case groups > 1 && batch/groups < 2:
		return config.Faultf(
			"contrast.groups",
			"%d of a batch of %d leave one image in each, whose statistics would be its own; take fewer",
			groups, batch,
		)
	}
	return nil
}

// MayShard returns the setting that keeps a batch from being divided among replicas, as an error:
// running statistics and the groups of MoCo's BatchNorm are one replica's.
func (c Pretrain) MayShard() error {
	switch {
	case c.Model.IsResNet():
		return config.Faultf(
			"replicas",
			"BatchNorm of %s needs the whole batch in every layer; set it to 1",
			c.Model.Size,
		)
	case c.Contrast.Weight > 0 && c.Contrast.Groups > 1:
		return config.Faultf(
			"replicas",
			"contrast.groups %d deal images out over the whole batch; set one of them to 1",
			c.Contrast.Groups,
		)
	}
	return nil
}
