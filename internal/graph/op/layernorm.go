package op

import (
	G "gorgonia.org/gorgonia"

	"cmae/internal/kernel"
)

// LayerNorm normalises each row of x[...,C] and applies gamma[C] and beta[C]; out is the type of
// the result.
func LayerNorm(x, gamma, beta *G.Node, eps float64, out kernel.DType) *G.Node {
	in := []*G.Node{x, gamma, beta}
	c := x.Shape()[x.Dims()-1]
	requireShape(gamma, "layernorm", "gamma", in, c)
	requireShape(beta, "layernorm", "beta", in, c)
	rows := []int{x.Shape().TotalSize() / c}
	mean := &Saved{Type: TypeOf(x), Shape: rows, Optional: true}
	rstd := &Saved{Type: TypeOf(x), Shape: rows, Optional: true}
	return apply(spec{
		kind: "layernorm", in: in, dtype: out, shape: shapeOf(x), saves: []*Saved{mean, rstd},
		diff: []int{0, 1, 2},
		run: func(e kernel.Engine, y kernel.Tensor, in []kernel.Tensor) {
			e.LayerNorm(y, mean.Tensor, rstd.Tensor, in[0], in[1], in[2], eps)
		},
		grad: func(y, dy *G.Node) []*G.Node {
			dgamma := &Saved{Type: TypeOf(gamma), Shape: []int{c}}
			dbeta := &Saved{Type: TypeOf(gamma), Shape: []int{c}}
			dx := apply(spec{
				kind: "layernorm.dx", ofNode: y, in: []*G.Node{x, gamma, dy}, dtype: TypeOf(x),
				shape: shapeOf(x), saves: []*Saved{dgamma, dbeta}, uses: []*Saved{mean, rstd},
				run: func(e kernel.Engine, dx kernel.Tensor, in []kernel.Tensor) {
					e.LayerNormGrad(
						dx, dgamma.Tensor, dbeta.Tensor, in[0], in[1], mean.Tensor, rstd.Tensor,
						in[2],
					)
				},
			})
			return []*G.Node{dx, take(dx, dgamma), take(dx, dbeta)}
		},
		repeat: func(y, _ *G.Node) *G.Node {
			return apply(spec{
				kind: "layernorm", again: y, in: in, dtype: out, shape: shapeOf(y),
				run: func(e kernel.Engine, y kernel.Tensor, in []kernel.Tensor) {
					none := kernel.Tensor{}
					e.LayerNorm(y, none, none, in[0], in[1], in[2], eps)
				},
			})
		},
	})
}
