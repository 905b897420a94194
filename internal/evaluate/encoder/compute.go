package encoder

import (
	"errors"
	"fmt"

	"cmae/internal/comm"
	"cmae/internal/config"
	"cmae/internal/contrastivecrop"
	"cmae/internal/evaluate/features"
	"cmae/internal/graph/exec"
	"cmae/internal/graph/nn"
	"cmae/internal/kernel"
	"cmae/internal/kernel/backend"
	"cmae/internal/model"
	"cmae/internal/recipe"
	"cmae/internal/weights"
)

// Engine is what computes.
func (e *Encoder) Engine() (kernel.Engine, error) {
	if e.choice == nil {
		c := e.Config
		choice, err := backend.Open(c.Engine, c.Precision, c.Threads)
		if err != nil {
			return nil, err
		}
		e.choice, e.params = choice, nn.NewParams(choice.Engine, kernel.F32, c.Seed)
	}
	return e.choice.Engine, nil
}

// Frozen is the encoder as one feature of an image (probe.feature), for the splits of Data, which
// must be open. Weights of other settings are fault.Mismatch; a feature that the encoder does not
// have is a *config.Error.
func (e *Encoder) Frozen() (features.Frozen, error) {
	images := e.data.Train.Len()
	if e.data.Test != nil {
		images = max(images, e.data.Test.Len())
	}
	return e.freeze(images)
}

// freeze is Frozen in batches no larger than so many images: a batch costs the same however few of
// its images there are.
func (e *Encoder) freeze(images int) (features.Frozen, error) {
	if e.frozen != nil {
		return *e.frozen, nil
	}
	if len(e.Config.Augment.Mean) == 0 {
		return features.Frozen{}, &config.Error{
			Key: "augment.mean",
			Problem: fmt.Sprintf(
				"empty, and no images to measure it on: give it and augment.std %d numbers, such "+
					"as cmae data stats prints", e.Config.Data.Channels,
			),
		}
	}
	if _, err := e.Engine(); err != nil {
		return features.Frozen{}, err
	}
	f := features.Pixels(e.Config.Data.Channels, e.Side)
	if !e.pixels {
		shape := e.shape(min(features.Batch, images))
		feature := e.Config.Probe.Feature
		if e.patches {
			feature, shape.Patches = features.EachPatch, true
		} else if err := e.checkFeature(shape); err != nil {
			return features.Frozen{}, err
		}
		x, err := e.compile(shape, shape.Batch)
		if err != nil {
			return features.Frozen{}, err
		}
		e.extractor = x
		if f, err = features.Freeze(e.Name, x, shape, feature); err != nil {
			return features.Frozen{}, err
		}
	}
	e.frozen = &f
	return f, nil
}

// checkFeature refuses a class token where there is none, or none that was trained.
func (e *Encoder) checkFeature(shape features.Config) error {
	c := e.Config
	switch {
	case c.Probe.Feature == recipe.Cls && c.Model.IsResNet():
		return &config.Error{
			Key: "probe.feature",
			Problem: fmt.Sprintf(
				"%s has no class token: take mean, the average of its last feature map",
				c.Model.Size,
			),
		}
	case c.Probe.Feature == recipe.Cls && shape.Pooled:
		return &config.Error{
			Key: "probe.feature",
			Problem: "a finetuned encoder was trained by the mean of its tokens, not by cls: " +
				"take mean",
		}
	}
	return nil
}

// Maps compiles the encoder with its patches and their attention for batches of images. The caller
// closes it.
func (e *Encoder) Maps(batch int, net contrastivecrop.Net) (*features.Extractor, error) {
	if err := e.Config.CheckHead(); err != nil {
		return nil, config.Invalid(err)
	}
	if _, err := e.Engine(); err != nil {
		return nil, err
	}
	shape := e.shape(batch)
	shape.Maps, shape.Momentum = true, net == contrastivecrop.Momentum
	shape.Rollout = e.Config.Crop.Source == contrastivecrop.Rollout
	return e.compile(shape, features.Batch)
}

// HeatNet is the encoder that draws heat maps: crop.net, where the file has it.
func (e *Encoder) HeatNet() contrastivecrop.Net {
	if e.File == nil || e.File.Pooled() {
		return contrastivecrop.Online
	}
	return e.Config.Crop.Net
}

// Compile builds a graph of more than the encoder over its parameters, in one replica, and fills
// them. What the file lacks of them is left at its initial values. least is the memory that the
// graph takes at the least.
func (e *Encoder) Compile(
	least model.MinMemory, build func(b *exec.Builder),
) (*exec.Func, weights.Loaded, error) {
	var loaded weights.Loaded
	engine, err := e.Engine()
	if err != nil {
		return nil, loaded, err
	}
	if err := e.fits(func() (*nn.Params, error) { return exec.Shapes(build) }); err != nil {
		return nil, loaded, err
	}
	if err := least.Check(engine.Usage().Most); err != nil {
		return nil, loaded, config.Invalid(err)
	}
	f, err := exec.Compile(comm.Single(engine), e.params, e.choice.ComputeType, build)
	if err == nil {
		loaded, err = e.fill()
	}
	if err != nil && f != nil {
		return nil, loaded, errors.Join(err, f.Close())
	}
	return f, loaded, err
}

// shape is the encoder as an extractor for batches of images.
func (e *Encoder) shape(batch int) features.Config {
	return features.Config{
		Encoder: e.Config.Encoder(), Side: e.Side, Batch: batch,
		ComputeType: e.choice.ComputeType,
		Pooled:      e.File != nil && e.File.Pooled() && !e.Config.Model.IsResNet(),
	}
}

// compile compiles an extractor and fills it. The replicas are the same for all extractors: as many
// as pay for a batch of so many images.
func (e *Encoder) compile(shape features.Config, images int) (*features.Extractor, error) {
	if err := e.fits(func() (*nn.Params, error) { return features.Shapes(shape) }); err != nil {
		return nil, err
	}
	if e.replicas == nil {
		var err error
		if e.replicas, err = e.choice.FrozenReplicas(images); err != nil {
			return nil, err
		}
	}
	x, err := features.NewIn(e.replicas, e.params, shape)
	if err != nil {
		return nil, err
	}
	if _, err := e.fill(); err != nil {
		return nil, errors.Join(err, x.Close())
	}
	return x, nil
}

// fits refuses a file that does not have the parameters of a graph, before memory is taken for what
// it claims.
func (e *Encoder) fits(shapes func() (*nn.Params, error)) error {
	if e.File == nil {
		return nil
	}
	p, err := shapes()
	if err != nil {
		return err
	}
	return e.File.Fits(p)
}

// fill gives values to the parameters that the graphs built so far have asked for, momentum copies
// among them.
func (e *Encoder) fill() (weights.Loaded, error) {
	if e.File == nil {
		return weights.Loaded{}, nil
	}
	loaded, err := e.File.Load(e.params)
	if err == nil {
		err = e.File.LoadMomentum(e.params)
	}
	return loaded, err
}
