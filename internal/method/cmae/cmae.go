// Package cmae is the method of the paper, contrastive masked autoencoding (spec 1). With
// contrast.weight and location.weight 0 it is MAE.
//
// Reading order: cmae.go (a step on a page), term.go (what a term of the loss consists of),
// masks.go (the two masked views), then a term a file: reconstruct.go, location.go, contrast.go;
// settings.go (what a recipe of the method must be).
//
// Shapes have the letters of package model.
package cmae

import (
	"slices"

	"cmae/internal/dataset/loader"
	"cmae/internal/graph/exec"
	"cmae/internal/graph/nn"
	"cmae/internal/graph/op"
	"cmae/internal/losses"
	"cmae/internal/method/contrast"
	"cmae/internal/model"
	"cmae/internal/recipe"
)

// Method is CMAE, as a list of the terms of its loss.
type Method struct{ terms []Term }

// New is the method with the paper's terms: a new one is a line here. more adds others.
func New(more ...Term) Method {
	return Method{append([]Term{
		Reconstruct{},
		Contrast{},
		Location{},
	}, more...)}
}

// Name is cmae.
func (Method) Name() string { return "cmae" }

// Step is one step under construction, as terms see it.
type Step struct {
	*exec.Builder
	Recipe     recipe.Sized
	Encoder    *model.Encoder
	Query, Key View     // the key's images are nil if no term asks for two views
	Q1         *op.Node // [B,1+V,D] the encoder's visible pass over the query, in Head.Loss
	tokens     *op.Node
}

// Build adds a step (spec 1.3 to 1.9): passes without gradient, whose memory is free again when the
// rest runs, then the query's visible pass, then each term on it.
func (m Method) Build(b *exec.Builder, c recipe.Sized, query, key *op.Node) []losses.Term {
	s := &Step{Builder: b, Recipe: c, Query: newView(b, c, "query", query, 1, c.Visible())}
	if key != nil {
		s.Key = newView(b, c, "key", key, every(c.Pretrain), c.KeyVisible())
	}
	s.Encoder = model.NewEncoder(b.Scope, c.Model, c.Side)
	var terms []losses.Term
	var heads []Head
	for _, t := range ordered(m.active(c.Pretrain), c.Pretrain) {
		terms, heads = append(terms, t.Describe(c.Pretrain)), append(heads, t.Head(s))
	}
	for _, h := range slices.Backward(heads) {
		if h.Before != nil {
			h.Before()
		}
	}
	s.Q1 = s.Encoder.Forward(s.Tokens(), s.Query.Visible, s.Query.Keep).Tokens // [B,1+V,D]
	b.Stage("q1", s.Q1)
	for i, h := range slices.Backward(heads) {
		terms[i].Value = h.Loss()
	}
	return terms
}

// Tokens are the patches of the query, embedded, without positions [B,N,D].
func (s *Step) Tokens() *op.Node {
	if s.tokens == nil {
		s.tokens = s.Encoder.Embed(s.Query.Images)
	}
	return s.tokens
}

// Views asks for masks, and for what the terms ask for.
func (m Method) Views(c recipe.Sized, o *loader.Options) {
	o.Patches = c.Patches()
	for _, t := range m.active(c.Pretrain) {
		t.Views(c.Pretrain, o)
	}
}

// Pixels are read where a term reads them.
func (m Method) Pixels(c recipe.Pretrain) bool {
	return slices.ContainsFunc(m.active(c), Term.Pixels)
}

// Feed uploads the masks and what the terms read.
func (m Method) Feed(f *exec.Func, c recipe.Sized, b *loader.Batch, from, to int) {
	d := Data{Func: f, Recipe: c, Batch: b, From: from, To: to}
	d.Visible = d.feedMask("query", b.NoiseQuery, 1, c.Visible())
	if f.Has("key.images") {
		d.feedMask("key", b.NoiseKey, every(c.Pretrain), c.KeyVisible())
	}
	for _, t := range m.active(c.Pretrain) {
		t.Feed(d)
	}
}

// Terms describes the terms in the order of their sum.
func (m Method) Terms(c recipe.Pretrain) []losses.Term {
	var all []losses.Term
	for _, t := range ordered(m.terms, c) {
		all = append(all, t.Describe(c))
	}
	return all
}

// Parts are the heads of the terms.
func (m Method) Parts() []nn.Part {
	var all []nn.Part
	for _, t := range m.terms {
		all = append(all, t.Parts()...)
	}
	return all
}

// active are the terms whose weight is above 0.
func (m Method) active(c recipe.Pretrain) []Term {
	return slices.DeleteFunc(
		slices.Clone(m.terms), func(t Term) bool { return t.Describe(c).Weight == 0 },
	)
}

// ordered is terms with those that need a second view last. Heads, and the sum of the loss, follow
// this order. Forward passes go the other way round: the keys' come first.
func ordered(terms []Term, c recipe.Pretrain) []Term {
	views := func(t Term) int {
		var o loader.Options
		if t.Views(c, &o); o.Mode == loader.TwoViews {
			return 2
		}
		return 1
	}
	return slices.SortedStableFunc(
		slices.Values(terms), func(a, b Term) int { return views(a) - views(b) },
	)
}

// Start fills queue and bank of the contrast.
func (Method) Start(f *exec.Func, c recipe.Pretrain) { contrast.Start(f, c.Seed) }

// Momentum is the momentum of the contrast's keys (spec 1.2), where a momentum encoder makes them.
func (Method) Momentum(c recipe.Pretrain, step, steps int) (m float64, ok bool) {
	return c.Contrast.MomentumAt(step, steps), c.Contrast.Copies()
}

// After writes the keys to queue and bank.
func (Method) After(f *exec.Func, c recipe.Pretrain, done int, images []int32) {
	contrast.After(f, done, everyNthOf(images, 1, every(c)))
}
