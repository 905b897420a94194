package evaluate

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cmae/internal/dataset/loader"
	"cmae/internal/kernel"
	"cmae/internal/recipe"
)

// ErrNonFinite is what errors.Is finds when the probe's loss stops being a number.
var ErrNonFinite = errors.New("loss is not finite")

// Probe trains a linear classifier on the features of a frozen encoder: BatchNorm without scale and
// shift, then a Linear layer, by LARS without weight decay (spec 5). Its result is that of the last
// epoch.
type Probe struct {
	Config   recipe.Probe
	Engine   kernel.Engine
	Seed     uint64
	Classes  []string
	Progress func(Epoch) // told of each epoch, may be nil
	trying   bool        // a rate, for auto
	trials   []Trial     // of auto
}

// Run encodes what the configured protocol needs and trains the probe.
func (p Probe) Run(
	ctx context.Context, e Encoder, train, test loader.Source, o DataOptions,
) (Result, error) {
	judged, err := Features(ctx, e, test, o)
	if err != nil {
		return Result{}, err
	}
	if p.Config.Protocol == recipe.Augmented {
		return p.Augmented(ctx, e, train, judged, o)
	}
	learned, err := Features(ctx, e, train, o)
	if err != nil {
		return Result{}, err
	}
	return p.Cached(ctx, learned, judged)
}

// Cached trains on features that were computed once.
func (p Probe) Cached(ctx context.Context, train, test FeatureSet) (Result, error) {
	if err := checkPair(train, test, p.Classes); err != nil {
		return Result{}, err
	}
	p, err := p.withRate(ctx, train)
	if err != nil {
		return Result{}, err
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
func (p Probe) Augmented(
	ctx context.Context, e Encoder, train loader.Source, test FeatureSet, o DataOptions,
) (Result, error) {
	if err := checkPair(test, test, p.Classes); err != nil {
		return Result{}, err
	}
	batch := min(p.Config.BatchSize, train.Len())
	l, err := loader.New(train, loader.Options{
		Mode: loader.Labelled, Seed: p.Seed, Batch: batch, Side: e.Side, Augment: o.Augment, Config: o.Loader,
	})
	if err != nil {
		return Result{}, fmt.Errorf("evaluate: linear probe: %w", err)
	}
	if p.Config.BaseLR == 0 {
		whole, err := Features(ctx, e, train, o)
		if err != nil {
			return Result{}, err
		}
		if p, err = p.withRate(ctx, whole); err != nil {
			return Result{}, err
		}
	}
	return p.train(
		ctx, augmentedEpochs(e, l, o.Progress), train.Len(), test,
		p.settings(recipe.Augmented, train.Len(), batch),
	)
}

func (p Probe) settings(protocol recipe.Protocol, images, batch int) *ProbeSettings {
	c := p.Config
	return &ProbeSettings{
		Protocol: protocol, Epochs: c.Epochs, BatchSize: batch, Steps: images / batch, WarmupEpochs: c.WarmupEpochs,
		BaseLR: c.BaseLR, LR: c.Schedule().Rate(batch), Trials: p.trials, Seed: p.Seed,
	}
}

// train runs all epochs and judges the classifier after each.
func (p Probe) train(
	ctx context.Context, epochs epochFunc, images int, test FeatureSet, s *ProbeSettings,
) (Result, error) {
	start := time.Now()
	if s.BatchSize < 2 {
		return Result{}, fmt.Errorf(
			"evaluate: linear probe: %d training image: BatchNorm needs two", images,
		)
	}
	h, err := newHead(p.Engine, test.Dim, len(p.Classes), s.BatchSize, p.Seed)
	if err != nil {
		return Result{}, fmt.Errorf("evaluate: linear probe: %w", err)
	}
	defer h.close()
	r := newResult("linear", images, test, p.Classes)
	r.Probe = s
	schedule := p.Config.Schedule()
	for i := range s.Epochs {
		e, step := Epoch{Epoch: i + 1, Trial: p.trying}, 0
		err = epochs(ctx, i, func(x []float32, labels []int32) error {
			e.LR = schedule.RateAt(float64(i)+float64(step)/float64(s.Steps), s.Epochs, s.BatchSize)
			loss, err := h.step(x, labels, e.LR)
			e.Loss += loss / float64(s.Steps)
			step++
			return err
		})
		if err == nil {
			r.Score, err = h.judge(test, p.Classes)
		}
		if err != nil {
			return Result{}, fmt.Errorf("evaluate: linear probe: epoch %d: %w", e.Epoch, err)
		}
		e.Accuracy = r.Score.Accuracy
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
