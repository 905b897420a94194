package op

import (
	G "gorgonia.org/gorgonia"

	"cmae/internal/kernel"
)

// cast is the kind of Cast.
const cast = "cast"

// Cast converts to another floating-point type. Its gradient is dy converted back; for a weight
// nothing is converted, since its gradient has the original's type already.
func Cast(x *G.Node, t kernel.DType) *G.Node {
	if TypeOf(x) == t {
		return x
	}
	return apply(spec{
		kind: cast, in: []*G.Node{x}, dtype: t, shape: shapeOf(x), diff: []int{0},
		run:  func(e kernel.Engine, y kernel.Tensor, in []kernel.Tensor) { e.Cast(y, in[0]) },
		grad: func(y, dy *G.Node) []*G.Node { return []*G.Node{Cast(dy, TypeOf(x))} },
	})
}
