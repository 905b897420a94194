package evaluate

import (
	"context"
	"errors"

	"cmae/internal/recipe"
	"cmae/internal/rng"
)

// The rates that auto tries: the largest, then each a third of the one before, down to the
// published .1 of ImageNet.
const (
	largestLR = 20
	smallerLR = 3
	leastLR   = 0.1
	heldBack  = 5 // one training image of so many judges them
)

// Trial is a rate that auto tried.
type Trial struct {
	BaseLR float64 `json:"base_lr"`
	// on the training images held back; 0 where the loss stopped being a number
	Accuracy float64 `json:"accuracy"`
}

// withRate is the probe with what a base_lr of 0 stands for. LARS moves weights by a share of their
// length a step, and there is no weight decay: at the published rate small sets stay far from
// converged (5,000 images of Fashion-MNIST on a random encoder reach .38, exact logistic regression
// .76), while at 20 the weights of 200 classes with 60 images each outgrow their gradients (.02 in
// place of .045). No formula over the counts of images, values and classes held everywhere, so
// rates are measured: from the largest down, each for a whole run on four fifths of the training
// images, until one is worse on the other fifth than the one before. No test image is looked at.
func (p Probe) withRate(ctx context.Context, train FeatureSet) (Probe, error) {
	if p.Config.BaseLR > 0 {
		return p, nil
	}
	order := rng.For(p.Seed, rng.HeldBack).Perm(train.Len())
	cut := train.Len() / heldBack
	judged, learned := train.pick(order[:cut]), train.pick(order[cut:])
	batch := min(p.Config.BatchSize, learned.Len())
	p.Config.BaseLR = largestLR * min(1, 256/float64(batch)) // a step above 20 is too long as well
	if cut == 0 || batch < 2 {
		return p, nil
	}
	try, best := p, -1.0
	try.trying = true
	for ; try.Config.BaseLR >= leastLR; try.Config.BaseLR /= smallerLR {
		r, err := try.train(
			ctx, cachedEpochs(learned, batch, p.Seed), learned.Len(), judged,
			try.settings(recipe.Cached, learned.Len(), batch),
		)
		if err != nil && !errors.Is(err, ErrNonFinite) {
			return p, err
		}
		p.trials = append(p.trials, Trial{try.Config.BaseLR, r.Accuracy})
		if r.Accuracy < best {
			break
		}
		if r.Accuracy > best {
			best, p.Config.BaseLR = r.Accuracy, try.Config.BaseLR
		}
	}
	return p, nil
}

// pick is a set of some of the images.
func (s FeatureSet) pick(images []int) FeatureSet {
	some := s
	some.Values, some.Labels = make([]float32, 0, len(images)*s.Dim), make([]int32, 0, len(images))
	for _, i := range images {
		some.Values, some.Labels = append(
			some.Values, s.row(i)...,
		), append(some.Labels, s.Labels[i])
	}
	return some
}
