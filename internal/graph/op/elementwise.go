package op

import (
	"slices"

	G "gorgonia.org/gorgonia"

	"cmae/internal/kernel"
)

// Add is a + b of one shape. Both gradients are dy itself.
func Add(a, b *G.Node) *G.Node {
	in := []*G.Node{a, b}
	require(slices.Equal(a.Shape(), b.Shape()), "add", in, "shapes differ")
	return apply(spec{
		kind: "add", in: in, dtype: TypeOf(a), shape: shapeOf(a), diff: []int{0, 1},
		run:  func(e kernel.Engine, y kernel.Tensor, in []kernel.Tensor) { e.Add(y, in[0], in[1]) },
		grad: func(y, dy *G.Node) []*G.Node { return []*G.Node{dy, dy} },
	})
}

// Scale is alpha x.
func Scale(x *G.Node, alpha float64) *G.Node {
	return apply(spec{
		kind: "scale", in: []*G.Node{x}, dtype: TypeOf(x), shape: shapeOf(x), diff: []int{0},
		run: func(e kernel.Engine, y kernel.Tensor, in []kernel.Tensor) {
			e.Scale(y, in[0], alpha)
		},
		grad: func(y, dy *G.Node) []*G.Node { return []*G.Node{Scale(dy, alpha)} },
	})
}

// ScaleRows multiplies image b of x[B,...] by s[B], a constant (drop path).
func ScaleRows(x, s *G.Node) *G.Node {
	in := []*G.Node{x, s}
	requireShape(s, "scalerows", "factor", in, x.Shape()[0])
	return apply(spec{
		kind: "scalerows", in: in, dtype: TypeOf(x), shape: shapeOf(x), diff: []int{0},
		run: func(e kernel.Engine, y kernel.Tensor, in []kernel.Tensor) {
			e.ScaleRows(y, in[0], in[1])
		},
		grad: func(y, dy *G.Node) []*G.Node { return []*G.Node{ScaleRows(dy, s)} },
	})
}
