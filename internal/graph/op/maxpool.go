package op

import (
	G "gorgonia.org/gorgonia"

	"cmae/internal/kernel"
)

// MaxPool is the largest of each side x side window of square images x[B,S*S,C]; stride and pad are
// as in Conv.
func MaxPool(x *G.Node, side, stride, pad int) *G.Node {
	in := []*G.Node{x}
	g := windowOf("maxpool", in, side, stride, pad)
	require(2*pad <= side, "maxpool", in, "a border of %d holds whole windows of %d", pad, side)
	down, across := g.Out()
	shape := []int{x.Shape()[0], down * across, x.Shape()[2]}
	place := &Saved{Type: kernel.I32, Shape: shape, Optional: true}
	return apply(spec{
		kind: "maxpool", in: in, dtype: TypeOf(x), shape: shape, saves: []*Saved{place},
		diff: []int{0},
		run: func(e kernel.Engine, y kernel.Tensor, in []kernel.Tensor) {
			e.MaxPool2D(y, place.Tensor, in[0], g)
		},
		grad: func(y, dy *G.Node) []*G.Node {
			return []*G.Node{apply(spec{
				kind: "maxpool.dx", ofNode: y, in: []*G.Node{dy}, dtype: TypeOf(x),
				shape: shapeOf(x), uses: []*Saved{place},
				run: func(e kernel.Engine, dx kernel.Tensor, in []kernel.Tensor) {
					e.MaxPool2DGrad(dx, place.Tensor, in[0], g)
				},
			})}
		},
	})
}
