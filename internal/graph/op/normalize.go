package op

import (
	G "gorgonia.org/gorgonia"

	"cmae/internal/kernel"
)

// L2Normalize divides each row of x[R,C] by its length.
func L2Normalize(x *G.Node) *G.Node {
	c := x.Shape()[x.Dims()-1]
	norm := &Saved{Type: TypeOf(x), Shape: []int{x.Shape().TotalSize() / c}}
	return apply(spec{
		kind: "l2normalize", in: []*G.Node{x}, dtype: TypeOf(x), shape: shapeOf(x),
		saves: []*Saved{norm}, diff: []int{0},
		run: func(e kernel.Engine, y kernel.Tensor, in []kernel.Tensor) {
			e.L2Normalize(y, norm.Tensor, in[0])
		},
		grad: func(y, dy *G.Node) []*G.Node {
			return []*G.Node{apply(spec{
				kind: "l2normalize.dx", ofNode: y, in: []*G.Node{y, dy}, dtype: TypeOf(x),
				shape: shapeOf(x), uses: []*Saved{norm},
				run: func(e kernel.Engine, dx kernel.Tensor, in []kernel.Tensor) {
					e.L2NormalizeGrad(dx, in[0], norm.Tensor, in[1])
				},
			})}
		},
	})
}

// Standardize subtracts each row's mean and divides by the square root of its unbiased variance
// plus eps: the targets of norm_pix (spec 1.9). It has no gradient, for targets need none.
func Standardize(x *G.Node, eps float64) *G.Node {
	return apply(spec{
		kind: "standardize", in: []*G.Node{x}, dtype: TypeOf(x), shape: shapeOf(x),
		run: func(e kernel.Engine, y kernel.Tensor, in []kernel.Tensor) {
			e.Standardize(y, in[0], eps)
		},
	})
}
