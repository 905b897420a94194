// Package moco is momentum contrast in its three versions (spec 6): v1 is He et al., "Momentum
// Contrast for Unsupervised Visual Representation Learning", v2 Chen et al., "Improved Baselines
// with Momentum Contrastive Learning", v3 Chen, Xie and He, "An Empirical Study of Training
// Self-Supervised Vision Transformers".
//
// Reading order: moco.go (a step on a page), branch.go (encoder and head of whole images), head.go
// (the heads of v1 and v2), v1v2.go and v3.go (what the versions differ in), queue.go (what suits
// short runs), settings.go (what a recipe of any of them must be).
package moco

import (
	"cmae/internal/comm"
	"cmae/internal/dataset/loader"
	"cmae/internal/graph/exec"
	"cmae/internal/graph/nn"
	"cmae/internal/graph/op"
	"cmae/internal/losses"
	"cmae/internal/method/contrast"
	"cmae/internal/model"
	"cmae/internal/recipe"
)

// Method is a version of momentum contrast. Both views are whole; the query goes through the online
// network, its key through the momentum copy. The versions differ in the head and in the negatives:
// a queue in v1 and v2, the other images of the batch in v3.
type Method struct {
	version
	order []int // of the images in a key pass whose BatchNorms have groups; nil deals them out
}

// version is what the versions differ in.
type version struct {
	name     string
	idle     []string // beside what all versions leave idle
	queued   bool     // or the negatives are the other images of the batch
	defaults func(c *recipe.Pretrain, chosen recipe.Pretrain)
	// head makes the projector for features of width in
	head func(s *nn.Scope, c recipe.Contrast, in int) layer
	// hidden is the width of the projector's hidden layers, 0 where it has next to none
	hidden func(c recipe.Contrast, in int) int
}

// layer is a part of a network.
type layer interface{ Forward(x *op.Node) *op.Node }

// InOrder is m with the images of a key pass whose BatchNorms have groups in the given order, as a
// step of others had them. Training deals them out.
func (m Method) InOrder(order []int) Method {
	m.order = order
	return m
}

// Name is moco-v1, moco-v2 or moco-v3.
func (m Method) Name() string { return m.name }

// step is one step under construction.
type step struct {
	config         recipe.Contrast
	comm           comm.Comm // among whom the batch is divided
	order          []int
	online, copies branch
	predictor      layer // nil without contrast.predictor
}

// Build adds a step. The keys, which have no gradient, come first, so that their memory is free
// again when the rest runs.
func (m Method) Build(b *exec.Builder, c recipe.Sized, query, key *op.Node) []losses.Term {
	k, features := c.Contrast, c.Model.Features()
	s := step{config: k, comm: b.Comm(), order: m.order}
	all := everyPatch(b, c)
	s.online = m.newBranch(b.Scope, c, all)
	s.copies = m.newBranch(b.Scope.Momentum(), c, all)
	if k.Predictor {
		s.predictor = model.NewProjector(
			b.Sub("predictor"), k.Out, k.HiddenFor(features), k.Out, 2,
		)
	}
	pairs := []contrast.Pair{{Key: s.key(key)}}
	if k.Symmetric {
		pairs = append(pairs, contrast.Pair{Key: s.key(query)})
	}
	pairs[0].Query = s.query(query)
	if k.Symmetric {
		pairs[1].Query = s.query(key)
	}
	b.Stage("zk", pairs[0].Key)
	b.Stage("zq", pairs[0].Query)
	term := contrast.Term(c.Pretrain)
	term.Value = contrast.Loss(b, k, pairs...)
	return []losses.Term{term}
}

// query is zq of the online network [B,C].
func (s step) query(images *op.Node) *op.Node {
	z := s.online.Forward(images)
	if s.predictor != nil {
		z = s.predictor.Forward(z)
	}
	return op.L2Normalize(z)
}

// key is zk of the momentum network [B,C]. If BatchNorm has groups, the images are dealt out to
// them in another way than in the query's pass and brought back afterwards: statistics that a key
// shared with its own query would give it away. MoCo shuffles for that; batches are in random order
// already, so one fixed order does the same.
func (s step) key(images *op.Node) *op.Node {
	if s.config.Groups <= 1 {
		return op.L2Normalize(s.copies.Forward(images))
	}
	order := s.order
	if order == nil {
		order = dealt(images.Shape()[0]*s.comm.Size(), s.config.Groups)
	}
	z := s.copies.Forward(op.Shuffle(s.comm, images, order))
	return op.Shuffle(s.comm, op.L2Normalize(z), inverse(order))
}

// dealt deals the images of a batch out to groups like cards: group g has images g, g+groups, g+2
// groups.
func dealt(batch, groups int) []int {
	order, each := make([]int, batch), batch/groups
	for i := range order {
		order[i] = i%each*groups + i/each
	}
	return order
}

// inverse undoes an order.
func inverse(order []int) []int {
	back := make([]int, len(order))
	for i, from := range order {
		back[from] = i
	}
	return back
}

// Groups is how many parts of a batch have nothing to do with each other but through the queue: so
// many processes may divide it, or a divisor of them. With 1, BatchNorm goes over the images of all
// processes, and any number of them may divide the batch.
func (m Method) Groups(c recipe.Pretrain) int { return max(1, c.Contrast.Groups) }

// Views asks for two, without masks.
func (Method) Views(_ recipe.Sized, o *loader.Options) { o.Mode = loader.TwoViews }

// Pixels are for the networks only.
func (Method) Pixels(recipe.Pretrain) bool { return false }

// Feed uploads nothing beside the images.
func (Method) Feed(*exec.Func, recipe.Sized, *loader.Batch, int, int) {}

// Terms describes the contrast.
func (Method) Terms(c recipe.Pretrain) []losses.Term {
	return []losses.Term{contrast.Term(c)}
}

// Parts are projector and predictor.
func (Method) Parts() []nn.Part { return contrast.Parts() }

// Start fills the queue, where there is one.
func (Method) Start(f *exec.Func, c recipe.Pretrain) { contrast.Start(f, c.Seed) }

// Momentum is the momentum of the keys' network.
func (Method) Momentum(c recipe.Pretrain, step, steps int) (m float64, ok bool) {
	return c.Contrast.MomentumAt(step, steps), true
}

// After writes the keys to the queue, where there is one.
func (Method) After(f *exec.Func, _ recipe.Pretrain, done int, images []int32) {
	contrast.After(f, done, images)
}
