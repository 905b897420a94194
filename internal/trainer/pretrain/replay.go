package pretrain

import (
	"errors"
	"path/filepath"

	"cmae/internal/config"
	"cmae/internal/method"
	"cmae/internal/method/contrast"
	"cmae/internal/rundir/checkpoint"
	"cmae/internal/trainer"
)

// Replay repeats the step of a bundle; source may choose the engine, the precision and the threads.
func Replay(b *trainer.Bundle, source config.Source) (_ *trainer.Replay, err error) {
	methods := method.All()
	saved, err := methods.Decode(filepath.Join(b.Path, checkpoint.SettingsFile), b.Config)
	if err != nil {
		return nil, err
	}
	b.AsComputed(&saved.Common)
	c, err := methods.Load(saved, source)
	if err != nil {
		return nil, err
	}
	if err := trainer.ReplaySettings(saved, c); err != nil {
		return nil, err
	}
	c.Replicas, c.Crop.Enabled = 1, false // the views are cropped
	images := imagesOf(b, c.Train.BatchSize)
	if err := methods.CheckData(c, b.Side, images); err != nil {
		return nil, config.Invalid(err)
	}
	run, err := trainer.Bare(settings(methods, c), b.Side, images, nil)
	if err != nil {
		return nil, err
	}
	t, err := newTask(run, methods, c, trainer.Nothing(images), "")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, t.close()) }()
	batch, err := b.Batch(method.Loading(t.graph.Method, t.graph.Recipe))
	if err != nil {
		return nil, err
	}
	return run.Replay(t, b, batch, t.step.Func)
}

// imagesOf is how many images the step of a bundle knows of: as many as its batch has, or all of
// the run, where a bank has a key for each.
func imagesOf(b *trainer.Bundle, batch int) int {
	for _, t := range b.Tensors[checkpoint.StateGroup] {
		if t.Name == contrast.Bank {
			return t.Shape[0]
		}
	}
	return batch
}
