package op

import (
	G "gorgonia.org/gorgonia"

	"cmae/internal/kernel"
)

// Attention is softmax(q k^T / sqrt(D/heads)) v for packed qkv[B,T,3D], giving [B,T,D]. The second
// result is the softmax [B,heads,T,T]; it costs memory only where it is read.
func Attention(qkv *G.Node, heads int) (out *G.Node, softmax func() *G.Node) {
	in := []*G.Node{qkv}
	requireShape(qkv, "attention", "qkv", in, -1, -1, -1)
	b, t, d := qkv.Shape()[0], qkv.Shape()[1], qkv.Shape()[2]/3
	require(
		qkv.Shape()[2] == 3*d && d%heads == 0, "attention", in,
		"width %d is not three times a multiple of %d heads", qkv.Shape()[2], heads,
	)
	probs := &Saved{Type: masterType(TypeOf(qkv)), Shape: []int{b, heads, t, t}, Optional: true}
	out = apply(spec{
		kind: "attention", in: in, dtype: TypeOf(qkv), shape: []int{b, t, d},
		saves: []*Saved{probs}, diff: []int{0},
		run: func(e kernel.Engine, y kernel.Tensor, in []kernel.Tensor) {
			e.Attention(y, probs.Tensor, in[0], heads)
		},
		grad: func(y, dy *G.Node) []*G.Node {
			return []*G.Node{apply(spec{
				kind: "attention.dx", ofNode: y, in: []*G.Node{qkv, dy}, dtype: TypeOf(qkv),
				shape: shapeOf(qkv), uses: []*Saved{probs},
				run: func(e kernel.Engine, dqkv kernel.Tensor, in []kernel.Tensor) {
					e.AttentionGrad(dqkv, in[0], probs.Tensor, in[1], heads)
				},
			})}
		},
	})
	return out, func() *G.Node { return take(out, probs) }
}
