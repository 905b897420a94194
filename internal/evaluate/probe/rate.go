package probe

import (
	"context"
	"errors"

	"cmae/internal/evaluate"
	"cmae/internal/evaluate/features"
	"cmae/internal/fault"
	"cmae/internal/recipe"
	"cmae/internal/rng"
)

// The rates that auto tries: the largest, then each a third of the one before, down to the
// published .1 of ImageNet.
const (
	largestLR = 20
	smallerLR = 3
	leastLR   = 0.1
	heldBack  = 5 // one training image of so many scores them
)

// withRate is the probe with what a base_lr of 0 stands for. LARS moves weights by a share of their
// length a step, and there is no weight decay: at the published rate small sets stay far from
// converged (5,000 images of Fashion-MNIST on a random encoder reach .38, exact logistic regression
// .76), while at 20 the weights of 200 classes with 60 images each outgrow their gradients (.02 in
// place of .045). No formula over the counts of images, values and classes held everywhere, so
// rates are measured: from the largest down, each for a whole run on four fifths of the training
// images, until one is worse on the other fifth than the one before. No test image is looked at.
func (p Trainer) withRate(ctx context.Context, train features.Set) (Trainer, error) {
	if p.Config.BaseLR > 0 {
		return p, nil
	}
	order := rng.For(p.Seed, rng.HeldBack).Perm(train.Len())
	cut := train.Len() / heldBack
	heldOut, learned := train.Pick(order[:cut]), train.Pick(order[cut:])
	batch := min(p.Config.BatchSize, learned.Len())
	p.Config.BaseLR = largestLR * min(1, 256/float64(batch)) // a step above 20 is too long as well
	if cut == 0 || batch < 2 {
		return p, nil
	}
	try, best := p, -1.0
	try.trying = true
	for ; try.Config.BaseLR >= leastLR; try.Config.BaseLR /= smallerLR {
		r, err := try.train(
			ctx, cachedEpochs(learned, batch, p.Seed), learned.Len(), heldOut,
			try.settings(recipe.Cached, learned.Len(), batch),
		)
		if err != nil && !errors.Is(err, fault.NonFinite) {
			return p, err
		}
		p.trials = append(p.trials, evaluate.Trial{
			BaseLR: try.Config.BaseLR, Accuracy: r.Accuracy,
		})
		if r.Accuracy < best {
			break
		}
		if err == nil && r.Accuracy >= best { // of equals the smallest
			best, p.Config.BaseLR = r.Accuracy, try.Config.BaseLR
		}
	}
	return p, nil
}
