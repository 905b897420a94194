package model

import (
	G "gorgonia.org/gorgonia"

	"cmae/internal/graph/nn"
	"cmae/internal/graph/op"
)

// CMAE is the method of the paper: an encoder with its decoder and heads, and the momentum copies
// that make the keys. Parts whose loss has weight 0 are nil: without contrast and location it is
// MAE.
type CMAE struct {
	config    Config
	encoder   *Encoder
	decoder   *Decoder
	location  *Location
	projector *Projector
	predictor *Projector
	keys      *Encoder
	keyHead   *Projector
}

// MomentumPrefix stands before the names of momentum copies.
const MomentumPrefix = "momentum."

// NewCMAE makes the model at s, the root of a graph.
func NewCMAE(s *nn.Scope, c Config) *CMAE {
	dim := c.Encoder.Resolved().Dim
	m := &CMAE{config: c, encoder: NewEncoder(s, c.Encoder, c.Side)}
	if c.Reconstruct.Weight > 0 {
		m.decoder = NewDecoder(s, c.Decoder, dim, c.Grid(), c.Pixels())
	}
	if c.Location.Weight > 0 {
		m.location = NewLocation(s.Sub("location"), c.Location, dim, c.Grid())
	}
	if c.Contrast.Weight > 0 {
		k := c.Contrast
		hidden := k.HiddenFor(dim)
		m.projector = NewProjector(s.Sub("projector"), dim, hidden, k.Out, k.Layers)
		if k.Predictor {
			m.predictor = NewProjector(s.Sub("predictor"), k.Out, hidden, k.Out, 2)
		}
		follower := s.Sub("momentum").As(nn.Follower)
		m.keys = NewEncoder(follower, c.Encoder, c.Side)
		m.keyHead = NewProjector(follower.Sub("projector"), dim, hidden, k.Out, k.Layers)
	}
	return m
}

// View is one augmented view of the batch with its mask. Ids count patches in row-major order.
type View struct {
	Images  *G.Node // [B,3,S,S]
	Visible *G.Node // [B,V] patches that the encoder sees, in shuffled order
	Masked  *G.Node // [B,N-V] the others
	Restore *G.Node // [B,N] rank of every patch in the shuffled order
	All     *G.Node // [B,N] 0, 1, .. N-1
	Keep    *G.Node // [B,V] 0 where a visible token goes without its position; nil keeps all
}

// Output names the stages of a step (spec 1.4 to 1.9). Those of parts that are left out are nil.
type Output struct {
	Q1, Q2       *G.Node // [B,1+V,D] visible pass, [B,1+N-V,D] masked pass of the query
	H1, H2       *G.Node // [B,N,D] restored tokens of query and key
	ZQ, ZK       *G.Node // [B,out] unit vectors
	SwapQ, SwapK *G.Node // the same with the views swapped
	Pred         *G.Node // [B,N,P]
	Location     *G.Node // [B,V,slots]
}

// Forward builds one step. Passes without gradient come first, so that their memory is free again
// when the rest runs.
func (m *CMAE) Forward(q, k View) Output {
	var o Output
	if m.keys != nil {
		o.ZK, o.H2 = m.key(k)
		if m.config.Contrast.Symmetric {
			o.SwapK, _ = m.key(q)
		}
	}
	tokens := m.encoder.Embed(q.Images) // [B,N,D]
	if m.projector != nil && m.config.Contrast.Query == QueryRestored {
		o.Q2 = m.encoder.Forward(tokens, q.Masked, nil).Tokens
	}
	o.Q1 = m.encoder.Forward(tokens, q.Visible, q.Keep).Tokens
	if m.projector != nil {
		o.ZQ, o.H1 = m.query(o.Q1, o.Q2, q)
		if m.config.Contrast.Symmetric {
			o.SwapQ = m.swappedQuery(k)
		}
	}
	if m.location != nil {
		o.Location = m.location.Forward(o.Q1)
	}
	if m.decoder != nil {
		o.Pred = m.decoder.Forward(o.Q1, q.Restore)
	}
	return o
}

// key returns zk of the momentum branch (spec 1.5, 1.6), and h2 if the key is made of restored
// tokens.
func (m *CMAE) key(v View) (z, restored *G.Node) {
	tokens := m.keys.Embed(v.Images)
	switch m.config.Contrast.Key {
	case KeyFull:
		whole := m.keys.Forward(tokens, v.All, nil).Tokens
		return op.L2Normalize(m.keyHead.Forward(m.pool(whole, nil))), nil
	case KeyVisible:
		visible := m.keys.Forward(tokens, v.Visible, nil).Tokens
		return op.L2Normalize(m.keyHead.Forward(m.pool(visible, nil))), nil
	case KeySplit:
		visible := m.keys.Forward(tokens, v.Visible, nil).Tokens
		masked := m.keys.Forward(tokens, v.Masked, nil).Tokens
		restored = op.MergeTokens(visible, masked, v.Restore) // [B,N,D]
		return op.L2Normalize(m.keyHead.Forward(m.pool(visible, restored))), restored
	}
	panic(unknown(m.config.Contrast.Key))
}

// query returns zq of the online branch, and h1 if the query is made of restored tokens: q2, the
// masked pass, is then not nil.
func (m *CMAE) query(q1, q2 *G.Node, v View) (z, restored *G.Node) {
	if q2 != nil {
		restored = op.MergeTokens(q1, q2, v.Restore) // [B,N,D]
	}
	z = m.projector.Forward(m.pool(q1, restored))
	if m.predictor != nil {
		z = m.predictor.Forward(z)
	}
	return op.L2Normalize(z), restored
}

func (m *CMAE) swappedQuery(k View) *G.Node {
	tokens := m.encoder.Embed(k.Images)
	var masked *G.Node
	if m.config.Contrast.Query == QueryRestored {
		masked = m.encoder.Forward(tokens, k.Masked, nil).Tokens
	}
	z, _ := m.query(m.encoder.Forward(tokens, k.Visible, nil).Tokens, masked, k)
	return z
}

// pool is what a projector sees of a pass.
func (m *CMAE) pool(pass, restored *G.Node) *G.Node {
	return pooled(m.config.Contrast.Pool, pass, restored)
}

// pooled follows contrast.pool: the mean over the restored tokens, or over the patch tokens of pass
// if restored is nil; the cls of pass; or the sum of both.
func pooled(pool Pool, pass, restored *G.Node) *G.Node {
	cls := func() *G.Node { return op.PoolTokens(pass, 0, 1) }
	mean := func() *G.Node {
		if restored != nil {
			return op.PoolTokens(restored, 0, restored.Shape()[1])
		}
		return op.PoolTokens(pass, 1, pass.Shape()[1])
	}
	switch pool {
	case PoolMean:
		return mean()
	case PoolCls:
		return cls()
	case PoolBoth:
		return op.Add(mean(), cls())
	}
	panic(unknown(pool))
}

// Stages lists the outputs that exist by the names of reference files.
func (o Output) Stages() map[string]*G.Node {
	all := map[string]*G.Node{
		"q1": o.Q1, "q2": o.Q2, "h1": o.H1, "h2": o.H2, "zq": o.ZQ, "zk": o.ZK, "pred": o.Pred, "location": o.Location,
	}
	for name, n := range all {
		if n == nil {
			delete(all, name)
		}
	}
	return all
}
