package finetune

import (
	"errors"
	"fmt"
	"path/filepath"

	"cmae/internal/config"
	"cmae/internal/dataset/loader"
	"cmae/internal/fault"
	"cmae/internal/recipe"
	"cmae/internal/rundir/checkpoint"
	"cmae/internal/trainer"
)

// Replay repeats the step of a bundle; source may choose the engine, the precision and the threads.
// The batch was mixed by the run.
func Replay(b *trainer.Bundle, source config.Source) (_ *trainer.Replay, err error) {
	saved, err := recipe.LoadFinetune(filepath.Join(b.Path, checkpoint.SettingsFile), b.Config)
	if err != nil {
		return nil, err
	}
	b.AsComputed(&saved.Common)
	c := saved
	if err := config.Load(&c, source); err != nil {
		return nil, err
	}
	if err := trainer.ReplaySettings(saved, c); err != nil {
		return nil, err
	}
	images, classes := c.Train.BatchSize, len(b.Classes)
	if err := c.ValidateData(b.Side, images); err != nil {
		return nil, config.Invalid(err)
	}
	if classes < 2 {
		return nil, fmt.Errorf("replay: %w: the bundle names %d classes", fault.Mismatch, classes)
	}
	run, err := trainer.Bare(settings(c), b.Side, images, nil)
	if err != nil {
		return nil, err
	}
	t := &task{run: run, config: c, mixed: true}
	defer func() { err = errors.Join(err, t.close()) }()
	if err := run.Replicate(1, nil); err != nil {
		return nil, err
	}
	if err := t.compile(t.shape(classes)); err != nil {
		return nil, err
	}
	if t.targets, err = b.Array(fedTargets, images*classes); err != nil {
		return nil, err
	}
	batch, err := b.Batch(loader.Options{
		Mode: loader.Labelled, Batch: images, Side: run.Side, Augment: c.Augment.Views(),
	})
	if err != nil {
		return nil, err
	}
	return run.Replay(t, b, batch, t.step.Func)
}
