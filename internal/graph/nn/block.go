package nn

import (
	G "gorgonia.org/gorgonia"

	"cmae/internal/graph/op"
)

// Attention is multi-head self-attention with one fused projection to q, k and v.
type Attention struct {
	QKV, Proj *Linear
	heads     int
}

// NewAttention makes a layer of dim features; heads divides dim.
func NewAttention(s *Scope, dim, heads int) *Attention {
	return &Attention{
		NewLinear(s.Sub("qkv"), dim, 3*dim), NewLinear(s.Sub("proj"), dim, dim), heads,
	}
}

// forward is residual + attention(x). softmax makes a node of the softmax [B,heads,T,T].
func (a *Attention) forward(x, residual *G.Node) (y *G.Node, softmax func() *G.Node) {
	mixed, softmax := op.Attention(a.QKV.ForwardCompute(x), a.heads) // [B,T,D]
	return a.Proj.ForwardAdd(mixed, residual), softmax
}

// MLP is fc2(gelu(fc1(x))).
type MLP struct{ FC1, FC2 *Linear }

// NewMLP makes a layer from dim through hidden back to dim.
func NewMLP(s *Scope, dim, hidden int) *MLP {
	return &MLP{NewLinear(s.Sub("fc1"), dim, hidden), NewLinear(s.Sub("fc2"), hidden, dim)}
}

// Forward is fc2(gelu(fc1(x))) of [...,dim].
func (m *MLP) Forward(x *G.Node) *G.Node { return m.FC2.Forward(m.FC1.ForwardGELU(x)) }

// ForwardAdd is residual + MLP(x).
func (m *MLP) ForwardAdd(x, residual *G.Node) *G.Node {
	return m.FC2.ForwardAdd(m.FC1.ForwardGELU(x), residual)
}

// Block is a pre-norm transformer layer (spec 2).
type Block struct {
	Norm1     *LayerNorm
	Attention *Attention
	Norm2     *LayerNorm
	MLP       *MLP
	scope     *Scope
}

// againWidth is from how many features on a block computes the results of its norms and of GELU
// again for the gradients of the weights that read them. They are 6 of the 16 numbers that a block
// keeps for a token and feature, and the share of a step that these passes take falls with the
// width.
const againWidth = 512

// NewBlock makes a layer of dim features with an MLP mlpRatio times as wide.
func NewBlock(s *Scope, dim, heads int, mlpRatio float64) *Block {
	b := &Block{
		Norm1:     NewLayerNorm(s.Sub("norm1"), dim),
		Attention: NewAttention(s.Sub("attn"), dim, heads),
		Norm2:     NewLayerNorm(s.Sub("norm2"), dim),
		MLP:       NewMLP(s.Sub("mlp"), dim, int(float64(dim)*mlpRatio)),
		scope:     s,
	}
	for _, l := range []*Linear{b.Attention.QKV, b.MLP.FC1, b.MLP.FC2} {
		l.again = dim >= againWidth
	}
	return b
}

// Forward maps [B,T,D] to [B,T,D].
func (b *Block) Forward(x *G.Node) *G.Node {
	y, _ := b.ForwardSoftmax(x)
	return y
}

// ForwardSoftmax is Forward, with a function that makes a node of the attention [B,heads,T,T].
// Unless it is called it costs nothing.
func (b *Block) ForwardSoftmax(x *G.Node) (y *G.Node, softmax func() *G.Node) {
	mixed, softmax := b.Attention.forward(b.Norm1.Forward(x, b.scope.ComputeType()), x)
	return b.MLP.ForwardAdd(b.Norm2.Forward(mixed, b.scope.ComputeType()), mixed), softmax
}

// ForwardScaled is Forward with drop path: it multiplies what the attention adds to image i by
// attention[i] and what the MLP adds by mlp[i]. Both are constants [B].
func (b *Block) ForwardScaled(x, attention, mlp *G.Node) *G.Node {
	// [B,T,D]
	mixed, _ := op.Attention(
		b.Attention.QKV.ForwardCompute(b.Norm1.Forward(x, b.scope.ComputeType())),
		b.Attention.heads,
	)
	x = op.Add(x, op.ScaleRows(b.Attention.Proj.Forward(mixed), attention))
	return op.Add(x, op.ScaleRows(b.MLP.Forward(b.Norm2.Forward(x, b.scope.ComputeType())), mlp))
}
