// Package probe evaluates a frozen encoder by a linear classifier on its features (spec 5).
//
// Reading order: run.go (an encoder evaluated, its classifier kept), probe.go (the protocols),
// rate.go (how the learning rate is found), epochs.go (where batches come from), head.go (the
// classifier, its training step and its score), running.go (BatchNorm outside training); file.go (a
// trained classifier as a file).
package probe

import (
	"context"
	"fmt"
	"time"

	"cmae/internal/dataset/loader"
	"cmae/internal/evaluate"
	"cmae/internal/evaluate/features"
	"cmae/internal/kernel"
	"cmae/internal/recipe"
)

// smallestCrop is the least share of an image in the augmented protocol, as published.
const smallestCrop = 0.08

// Trainer trains a linear classifier on the features of a frozen encoder: BatchNorm without scale
// and shift, then a Linear layer, by LARS without weight decay (spec 5). The last epoch gives the
// result.
type Trainer struct {
	Config   recipe.Probe
	Engine   kernel.Engine
	Seed     uint64
	Classes  []string
	Progress func(evaluate.Epoch) // told of each epoch, may be nil
	weights  []float32            // [C] of an image in the loss; nil where all count alike
	trying   bool                 // a rate, for auto
	trials   []evaluate.Trial     // of auto
}

// Run encodes what the configured protocol needs and trains the probe.
func (p Trainer) Run(
	ctx context.Context, f features.Frozen, train, test loader.Source, o features.Loading,
) (evaluate.Result, error) {
	tested, err := f.EncodeAll(ctx, test, o)
	if err != nil {
		return evaluate.Result{}, err
	}
	if p.Config.Protocol == recipe.Augmented {
		return p.Augmented(ctx, f, train, tested, o)
	}
	learned, err := f.EncodeAll(ctx, train, o)
	if err != nil {
		return evaluate.Result{}, err
	}
	return p.Cached(ctx, learned, tested)
}

// Cached trains on features that were computed once.
func (p Trainer) Cached(ctx context.Context, train, test features.Set) (evaluate.Result, error) {
	if err := features.CheckPair(train, test, p.Classes); err != nil {
		return evaluate.Result{}, err
	}
	p = p.weighted(train.Labels)
	p, err := p.withRate(ctx, train)
	if err != nil {
		return evaluate.Result{}, err
	}
	batch := min(p.Config.BatchSize, train.Len())
	r, err := p.train(
		ctx, cachedEpochs(train, batch, p.Seed), train.Len(), test,
		p.settings(recipe.Cached, train.Len(), batch),
	)
	r.EncodeSeconds += train.Seconds
	return r, err
}

// Augmented trains on random crops and flips, which it encodes anew in every epoch. test holds
// whole images, and so does what auto tries rates on.
func (p Trainer) Augmented(
	ctx context.Context, f features.Frozen, train loader.Source, test features.Set,
	o features.Loading,
) (evaluate.Result, error) {
	if err := features.CheckPair(test, test, p.Classes); err != nil {
		return evaluate.Result{}, err
	}
	labels := make([]int32, train.Len())
	for i := range labels {
		labels[i] = int32(train.Label(i))
	}
	p = p.weighted(labels)
	batch := min(p.Config.BatchSize, train.Len())
	crops := o.Augment
	crops.ScaleMin, crops.ScaleMax = smallestCrop, 1
	l, err := loader.New(train, loader.Options{
		Mode: loader.Labelled, Seed: p.Seed, Batch: batch, Side: f.Side, Augment: crops,
		Config: o.Loader,
	})
	if err != nil {
		return evaluate.Result{}, fmt.Errorf("linear probe: %w", err)
	}
	if p.Config.BaseLR == 0 {
		whole, err := f.EncodeAll(ctx, train, o)
		if err != nil {
			return evaluate.Result{}, err
		}
		if p, err = p.withRate(ctx, whole); err != nil {
			return evaluate.Result{}, err
		}
	}
	return p.train(
		ctx, augmentedEpochs(f, l, o.Progress), train.Len(), test,
		p.settings(recipe.Augmented, train.Len(), batch),
	)
}

// weighted is the probe with what each image counts in the loss.
func (p Trainer) weighted(labels []int32) Trainer {
	counts := make([]int, len(p.Classes))
	for _, label := range labels {
		counts[label]++
	}
	p.weights = p.Config.ClassWeights.Of(counts)
	return p
}

func (p Trainer) settings(protocol recipe.Protocol, images, batch int) *evaluate.ProbeSettings {
	c := p.Config
	return &evaluate.ProbeSettings{
		Protocol: protocol, Epochs: c.Epochs, BatchSize: batch, Steps: images / batch,
		WarmupEpochs: c.WarmupEpochs, BaseLR: c.BaseLR, LR: p.Config.Schedule().Rate(batch),
		Trials: p.trials, Seed: p.Seed,
	}
}

// train runs all epochs and scores the classifier after each.
func (p Trainer) train(
	ctx context.Context, epochs epochFunc, images int, test features.Set, s *evaluate.ProbeSettings,
) (evaluate.Result, error) {
	start := time.Now()
	if s.BatchSize < 2 {
		return evaluate.Result{}, fmt.Errorf(
			"linear probe: %d training image: BatchNorm needs two", images,
		)
	}
	h, err := newHead(p.Engine, test.Dim, len(p.Classes), s.BatchSize, p.Seed, p.weights)
	if err != nil {
		return evaluate.Result{}, fmt.Errorf("linear probe: %w", err)
	}
	defer h.close()
	r := evaluate.NewResult(evaluate.Linear, images, test, p.Classes)
	r.Probe = s
	schedule := p.Config.Schedule()
	for i := range s.Epochs {
		e, step := evaluate.Epoch{Epoch: i + 1, Trial: p.trying}, 0
		err = epochs(ctx, i, func(x []float32, labels []int32) error {
			e.LR = schedule.RateAt(float64(i)+float64(step)/float64(s.Steps), s.Epochs, s.BatchSize)
			loss, err := h.step(x, labels, e.LR)
			e.Loss += loss / float64(s.Steps)
			step++
			return err
		})
		var scored *evaluate.Confusion
		if err == nil {
			scored, err = h.score(test, p.Classes)
		}
		if err != nil {
			return evaluate.Result{}, fmt.Errorf("linear probe: epoch %d: %w", e.Epoch, err)
		}
		r.Score, r.Confusion = scored.Score(), scored.Matrix()
		e.Accuracy = r.Accuracy
		r.Curve = append(r.Curve, e)
		if r.Best == nil || e.Accuracy > r.Best.Accuracy {
			r.Best = &r.Curve[i]
		}
		if p.Progress != nil {
			p.Progress(e)
		}
	}
	r.Head, r.MeasureSeconds = h.trained(p.Classes), time.Since(start).Seconds()
	return r, nil
}
