package finetune

import (
	"context"
	"errors"
	"fmt"

	"cmae/internal/dataset/loader"
	"cmae/internal/evaluate"
	"cmae/internal/evaluate/features"
	"cmae/internal/evaluate/probe"
	"cmae/internal/kernel"
	"cmae/internal/recipe"
)

// probeHead trains a linear probe on what the encoder, as it came, says of the whole training
// images, and begins the classifier with it: finetuning then starts where the probe ends. The
// probe's BatchNorm, whose statistics no longer move, goes into the classifier's weights.
func (t *task) probeHead(ctx context.Context) error {
	r := t.run
	train, test, err := t.frozen(ctx)
	if err != nil {
		return err
	}
	c := recipe.DefaultProbe()
	c.ClassWeights = t.config.Train.ClassWeights
	progress := r.Console.Begin("linear probe", 0, c.Epochs)
	defer progress.End()
	result, err := probe.Trainer{
		Config: c, Engine: r.Choice.Engine, Seed: t.config.Seed,
		Classes: r.Images.Train.Classes(),
		Progress: func(e evaluate.Epoch) {
			if !e.Trial {
				progress.Advance(e.Epoch, fmt.Sprintf("accuracy %.4f", e.Accuracy))
			}
		},
	}.Cached(ctx, train, test)
	if err != nil {
		return err
	}
	t.probed = &result.Accuracy
	weight, bias := result.Head.Folded()
	head := t.step.head()
	for name, values := range map[string][]float32{head + "weight": weight, head + "bias": bias} {
		param, ok := r.Params.Lookup(name)
		if !ok {
			panic("finetune: the model has no " + name)
		}
		kernel.Write(r.Choice.Engine, param.Value, values)
	}
	r.Params.Refresh()
	return nil
}

// frozen encodes both splits.
func (t *task) frozen(ctx context.Context) (train, test features.Set, err error) {
	r, s := t.run, t.step.shape
	c := features.Config{
		Encoder: s.encoder, Side: s.side, Batch: t.evaluator.batch, ComputeType: s.compute,
		Pooled: !s.encoder.IsResNet(),
	}
	x, err := features.NewIn(r.Replicas, r.Params, c)
	if err != nil {
		return train, test, err
	}
	defer func() { err = errors.Join(err, x.Close()) }()
	f, err := features.Freeze("the encoder", x, c, recipe.Mean)
	if err != nil {
		return train, test, err
	}
	encode := func(split loader.Source) (features.Set, error) {
		progress := r.Console.Begin("encode", 0, split.Len())
		defer progress.End()
		return f.EncodeAll(ctx, split, features.Loading{
			Processes: t.processes, Augment: t.config.Augment.Views(), Fit: t.config.Data.Whole(),
			Loader:   t.config.Loader,
			Progress: func(done, _ int) { progress.Advance(done, "images") },
		})
	}
	if train, err = encode(r.Images.Train); err == nil {
		test, err = encode(r.Images.Test)
	}
	return train, test, err
}

// belowProbe warns of a run that ended below what it began with.
func (t *task) belowProbe(accuracy float64) {
	if t.probed != nil && accuracy < *t.probed {
		t.run.Console.Warn(
			"finetuning ended at %.4f, below the %.4f of a linear probe on the encoder as it "+
				"came: take the probe (cmae linprobe), or a lower optim.base_lr, recipe light "+
				"or more epochs",
			accuracy, *t.probed,
		)
	}
}
