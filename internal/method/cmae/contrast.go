package cmae

import (
	"cmae/internal/config"
	"cmae/internal/dataset/loader"
	"cmae/internal/graph/nn"
	"cmae/internal/graph/op"
	"cmae/internal/losses"
	"cmae/internal/method/contrast"
	"cmae/internal/model"
	"cmae/internal/recipe"
)

// Contrast is L_ctr: the query is held against the keys of a momentum copy of encoder and projector
// (spec 1.4 to 1.7), or of a bank.
type Contrast struct{ Plain }

// Describe names the term.
func (Contrast) Describe(c recipe.Pretrain) losses.Term { return contrast.Term(c) }

// Parts are projector and predictor.
func (Contrast) Parts() []nn.Part { return contrast.Parts() }

// Views asks for a second view, the key's, of the images that are contrasted, unless a bank has
// their keys.
func (Contrast) Views(c recipe.Pretrain, o *loader.Options) {
	if c.Contrast.Key != recipe.KeyBank {
		o.Mode, o.KeyEvery = loader.TwoViews, every(c)
	}
}

// Feed uploads the query's masks of the contrasted images, where these are not all, and which these
// are, where a bank has their keys.
func (Contrast) Feed(d Data) {
	n := every(d.Recipe.Pretrain)
	if n > 1 {
		d.feedMask(contrastedQuery, d.Batch.NoiseQuery, n, d.Recipe.Visible())
	}
	if d.Recipe.Contrast.Key == recipe.KeyBank {
		contrast.FeedBank(d.Func, everyNthOf(d.Batch.Indices[d.From:d.To], 1, n))
	}
}

// every is 1 where there is no contrast.
func every(c recipe.Pretrain) int {
	if c.Contrast.Weight == 0 {
		return 1
	}
	return c.Contrast.Every
}

// contrastedQuery names the query's view of the images that are contrasted, where these are not
// all.
const contrastedQuery = "contrast.query"

// MinMemory adds queue and projector.
func (Contrast) MinMemory(d *model.MinMemory, c recipe.Sized, _ int) {
	contrast.MinMemory(d, c, c.Contrast.HiddenFor(c.Model.Dim))
}

// Warnings are about the queue.
func (Contrast) Warnings(c recipe.Sized) []string { return contrast.Warnings(c) }

// contrasting is the term in a step.
type contrasting struct {
	*Step
	config    recipe.Contrast
	seen      View // [b,..] the query of the contrasted images, b = B/contrast.every; as Step.Key
	projector *model.Projector
	predictor *model.Projector // nil without contrast.predictor
	keys      *model.Encoder   // the momentum copies, nil where a bank has the keys
	keyHead   *model.Projector
	all       *op.Node        // [b,N]
	masked    *op.Node        // [b,1+N-V,D] q2, nil unless contrast.query is restored
	pairs     []contrast.Pair // a second one, with the views swapped, if contrast.symmetric
}

// Head makes the projector, and the momentum copies that make the keys, where a bank does not have
// them.
func (Contrast) Head(s *Step) Head {
	c, dim := s.Recipe.Contrast, s.Recipe.Model.Dim
	hidden := c.HiddenFor(dim)
	h := &contrasting{Step: s, config: c, seen: s.Query}
	if c.Every > 1 {
		h.seen = newView(
			s.Builder, s.Recipe, contrastedQuery, s.Query.Images, c.Every, s.Recipe.Visible(),
		)
	}
	h.projector = model.NewProjector(s.Sub("projector"), dim, hidden, c.Out, c.Layers)
	if c.Predictor {
		h.predictor = model.NewProjector(s.Sub("predictor"), c.Out, hidden, c.Out, 2)
	}
	if c.Key != recipe.KeyBank {
		copies := s.Scope.Momentum()
		h.keys = model.NewEncoder(copies, s.Recipe.Model, s.Recipe.Side)
		h.keyHead = model.NewProjector(copies.Sub("projector"), dim, hidden, c.Out, c.Layers)
	}
	return Head{Before: h.before, Loss: h.loss}
}

// before makes the keys that are passes, and the query's masked pass.
func (h *contrasting) before() {
	if h.keys != nil {
		z, restored := h.key(h.Key)
		h.Stage("zk", z)
		h.Stage("h2", restored)
		h.pairs = []contrast.Pair{{Key: z}}
		if h.config.Symmetric {
			swapped, _ := h.key(h.seen)
			h.pairs = append(h.pairs, contrast.Pair{Key: swapped})
		}
	}
	if h.config.Query == recipe.QueryRestored {
		tokens := everyNth(h.Tokens(), h.config.Every)                  // [b,N,D]
		h.masked = h.Encoder.Forward(tokens, h.seen.Masked, nil).Tokens // [b,1+N-V,D]
		h.Stage("q2", h.masked)
	}
}

// loss makes the queries, and holds them against the keys.
func (h *contrasting) loss() *op.Node {
	projected, restored := h.project(everyNth(h.Q1, h.config.Every), h.masked, h.seen)
	z := h.query(projected)
	h.Stage("zq", z)
	h.Stage("h1", restored)
	if h.keys == nil {
		unit := z
		if h.predictor != nil {
			unit = op.L2Normalize(projected)
		}
		pair := contrast.FromBank(h.Builder, h.Recipe, z, unit)
		return contrast.Loss(h.Builder, h.config, pair)
	}
	h.pairs[0].Query = z
	if h.config.Symmetric {
		h.pairs[1].Query = h.query(h.swapped())
	}
	return contrast.Loss(h.Builder, h.config, h.pairs...)
}

// key returns zk of the momentum branch (spec 1.5, 1.6), and h2 if the key is made of restored
// tokens.
func (h *contrasting) key(v View) (z, restored *op.Node) {
	tokens := h.keys.Embed(v.Images) // [B,N,D]
	pass := func(ids *op.Node) *op.Node { return h.keys.Forward(tokens, ids, nil).Tokens }
	var seen *op.Node
	switch h.config.Key {
	case recipe.KeyFull:
		seen = pass(h.everyPatch())
	case recipe.KeyVisible:
		seen = pass(v.Visible)
	case recipe.KeySplit:
		seen = pass(v.Visible)
		restored = op.MergeTokens(seen, pass(v.Masked), v.Restore) // [B,N,D]
	default:
		panic(config.Unknown(h.config.Key))
	}
	return op.L2Normalize(h.keyHead.Forward(contrast.Pool(h.config, seen, restored))), restored
}

// everyPatch lists the patches of whole images [B,N].
func (h *contrasting) everyPatch() *op.Node {
	if h.all == nil {
		h.all = h.RepeatForEvery(h.config.Every, "all", model.EveryPatch(h.Recipe.Patches()))
	}
	return h.all
}

// project returns what the online projector makes of a view [b,C], and h1 if the query is made of
// restored tokens: the masked pass is then not nil.
func (h *contrasting) project(visible, masked *op.Node, v View) (projected, restored *op.Node) {
	if masked != nil {
		restored = op.MergeTokens(visible, masked, v.Restore) // [B,N,D]
	}
	return h.projector.Forward(contrast.Pool(h.config, visible, restored)), restored
}

// query is zq of a projection.
func (h *contrasting) query(projected *op.Node) *op.Node {
	if h.predictor != nil {
		projected = h.predictor.Forward(projected)
	}
	return op.L2Normalize(projected)
}

// swapped is the projection of the key's view.
func (h *contrasting) swapped() *op.Node {
	tokens := h.Encoder.Embed(h.Key.Images)
	var masked *op.Node
	if h.config.Query == recipe.QueryRestored {
		masked = h.Encoder.Forward(tokens, h.Key.Masked, nil).Tokens
	}
	projected, _ := h.project(h.Encoder.Forward(tokens, h.Key.Visible, nil).Tokens, masked, h.Key)
	return projected
}
