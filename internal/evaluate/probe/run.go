package probe

import (
	"context"
	"fmt"
	"path/filepath"

	"cmae/internal/config"
	"cmae/internal/dataset/augment"
	"cmae/internal/evaluate"
	"cmae/internal/evaluate/encoder"
	"cmae/internal/fault"
	"cmae/internal/recipe"
	"cmae/internal/report"
	"cmae/internal/rundir"
)

// Run evaluates an encoder on the images of its settings. Images that cannot be evaluated on are
// fault.Data.
func Run(ctx context.Context, e *encoder.Encoder) (evaluate.Result, error) {
	data, err := e.Labelled(ctx)
	if err != nil {
		return evaluate.Result{}, err
	}
	frozen, err := e.Frozen()
	if err != nil {
		return evaluate.Result{}, err
	}
	t, end, err := trainerOf(e, data.Train.Classes())
	if err != nil {
		return evaluate.Result{}, err
	}
	defer end()
	return t.Run(ctx, frozen, data.Train, data.Test, e.Loading())
}

// Folds evaluates an encoder by cross-validation on the training images, in place of test images.
// The classifier of the result has learned from all of them.
func Folds(ctx context.Context, e *encoder.Encoder, k int) (evaluate.Result, error) {
	if e.Config.Probe.Protocol != recipe.Cached {
		return evaluate.Result{}, config.Invalid(config.Faultf(
			"probe.protocol", "%s cannot be cross-validated: set it to cached", recipe.Augmented,
		))
	}
	all, classes, err := e.LabelledFeatures(ctx)
	if err != nil {
		return evaluate.Result{}, err
	}
	t, end, err := trainerOf(e, classes)
	if err != nil {
		return evaluate.Result{}, err
	}
	defer end()
	r, err := evaluate.CrossValidate(ctx, all, classes, k, t.Seed, t.Cached)
	if err != nil {
		return r, err
	}
	whole, err := t.Cached(ctx, all, all)
	r.Head, r.Probe = whole.Head, whole.Probe
	r.MeasureSeconds += whole.MeasureSeconds
	return r, err
}

// trainerOf is the probe of an encoder, which shows how far it is until end is called.
func trainerOf(e *encoder.Encoder, classes []string) (t Trainer, end func(), err error) {
	engine, err := e.Engine()
	if err != nil {
		return t, nil, err
	}
	c := e.Config
	var task *report.Task
	t = Trainer{
		Config: c.Probe, Engine: engine, Seed: c.Seed, Classes: classes,
		Progress: func(epoch evaluate.Epoch) {
			what := "linear probe"
			if epoch.Trial {
				what += ", trying a rate"
			}
			if epoch.Epoch == 1 {
				task.End()
				task = e.Console.Begin(what, 0, c.Probe.Epochs)
			}
			task.Advance(epoch.Epoch, fmt.Sprintf("accuracy %.4f", epoch.Accuracy))
		},
	}
	return t, func() { task.End() }, nil
}

// Keep saves the classifier that Run trained to a file, or, without one, beside the run where the
// encoder is a run's; it returns the path, empty if none was written. A run's folder that cannot be
// written to is a warning.
func Keep(e *encoder.Encoder, r evaluate.Result, path string) (string, error) {
	p := trained(e, r)
	if path != "" {
		return path, p.Save(path)
	}
	if path = Path(e); path == "" {
		return "", nil
	}
	if err := p.Save(path); err != nil {
		e.Console.Warn("the probe is not kept: %v", err)
		return "", nil
	}
	return path, nil
}

// Path is where the probe of a run belongs, empty for anything but a run: one of its checkpoints, a
// file, random weights.
func Path(e *encoder.Encoder) string {
	run := e.Run()
	if run == "" {
		return ""
	}
	return filepath.Join(run, rundir.ProbeFile)
}

// Of reads the probe of an encoder from a file and has the encoder see images as the probe must.
// One that was trained on other weights is fault.Mismatch.
func Of(e *encoder.Encoder, path string) (*Probe, error) {
	p, err := Open(path)
	if err != nil {
		return nil, err
	}
	if p.About.Digest != e.File.Digest() {
		return nil, fmt.Errorf("probe: %w: %q was trained on other weights than those of %q "+
			"(on %s, perhaps before more training): run \"cmae linprobe %s\" again",
			fault.Mismatch, path, e.From, p.About.Encoder, filepath.Clean(e.From))
	}
	c := &e.Config
	if len(p.About.Mean) != c.Data.Channels {
		return nil, fmt.Errorf(
			"probe: %w: %q is for images of %d channels: set data.channels to that",
			fault.Mismatch, path, len(p.About.Mean),
		)
	}
	c.Probe.Feature, c.Data.ImageSize = p.About.Feature, p.About.Side
	c.Augment.Mean, c.Augment.Std = p.About.Mean, p.About.Std
	c.Data.Fit, c.Data.CropPct = augment.FitCrop, 1
	if p.About.Fit != "" {
		c.Data.Fit, c.Data.CropPct = p.About.Fit, p.About.CropPct
	}
	if p.About.Conversion != nil {
		e.Convert(*p.About.Conversion, path)
	} else if p.About.Fit == augment.FitPad {
		c.Data.Background = p.About.Background
	}
	return p, nil
}

// trained is the outcome of Run as something to keep.
func trained(e *encoder.Encoder, r evaluate.Result) *Probe {
	c, digest, conversion := e.Config, "", e.Conversion()
	if e.File != nil {
		digest = e.File.Digest()
	}
	kept := &Probe{Head: *r.Head, About: About{
		Classes: r.Head.Classes, Encoder: e.Name, Digest: digest, Feature: r.Feature, Side: e.Side,
		Mean: c.Augment.Mean, Std: c.Augment.Std, Protocol: r.Probe.Protocol, Accuracy: r.Accuracy,
		Conversion: &conversion,
	}}
	if d := c.Data; d.Fit != augment.FitCrop || d.CropPct != 1 {
		kept.About.Fit, kept.About.CropPct = d.Fit, d.CropPct
	}
	return kept
}
