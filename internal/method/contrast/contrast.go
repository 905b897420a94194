// Package contrast is what methods have in common that learn by contrast, which section contrast of
// a recipe describes: a query from the online network is held against keys from a momentum copy of
// it, or from a bank.
//
// Reading order: contrast.go (the term), pool.go (what a head sees of a pass), queue.go (past
// keys), bank.go (keys without a momentum copy), states.go (both from step to step), check.go (what
// the recipe must be).
package contrast

import (
	"cmae/internal/graph/exec"
	"cmae/internal/graph/nn"
	"cmae/internal/graph/op"
	"cmae/internal/losses"
	"cmae/internal/recipe"
)

// Term describes the term.
func Term(c recipe.Pretrain) losses.Term {
	k := c.Contrast
	negatives := k.QueueSize
	if negatives == 0 {
		negatives = c.Train.BatchSize/k.Every - 1
	}
	return losses.Term{
		Name: "contrast", Title: "Contrast, L_ctr", Unit: "InfoNCE, nats", Weight: k.Weight,
		Guess: losses.ContrastGuess(negatives, k.Tau, k.ScaleByTau),
	}
}

// Parts are the projector and the predictor.
func Parts() []nn.Part {
	return []nn.Part{
		{
			Name: "projector", Prefixes: []string{"projector."},
			Settings: "contrast.hidden, contrast.out and contrast.layers",
		},
		{
			Name: "predictor", Prefixes: []string{"predictor."},
			Settings: "contrast.hidden and contrast.out",
		},
	}
}

// Pair is a query with its key, unit vectors [B,C].
type Pair struct{ Query, Key *op.Node }

// Loss is InfoNCE of a pair, or its mean over two pairs whose views are swapped (spec 1.7). The
// negatives are the other images' keys, or the queue's, which it makes where the recipe has one and
// which gets the first pair's keys.
func Loss(b *exec.Builder, c recipe.Contrast, pairs ...Pair) *op.Node {
	queue := addQueue(b, c, pairs[0].Key)
	loss := losses.Contrast(b.Comm(), pairs[0].Query, pairs[0].Key, queue, c.Tau, c.ScaleByTau)
	for _, swapped := range pairs[1:] {
		loss = losses.Symmetric(
			loss, losses.Contrast(
				b.Comm(), swapped.Query, swapped.Key, queue, c.Tau, c.ScaleByTau,
			),
		)
	}
	return loss
}
