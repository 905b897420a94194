package op

import (
	"slices"

	G "gorgonia.org/gorgonia"

	"cmae/internal/kernel"
)

// PermuteRows reorders the images of x[B,...]: row i of the result is row order[i] of x. It has no
// gradient, since it serves the keys of momentum contrast, which are constants.
func PermuteRows(x *G.Node, order []int) *G.Node {
	in := []*G.Node{x}
	requireOrder(order, x.Shape()[0], in)
	order = slices.Clone(order)
	return apply(spec{
		kind: "permute", in: in, dtype: TypeOf(x), shape: shapeOf(x), mixes: true,
		run: func(e kernel.Engine, y kernel.Tensor, in []kernel.Tensor) {
			e.PermuteRows(y, in[0], order)
		},
	})
}

// requireOrder refuses what is no order of so many rows.
func requireOrder(order []int, rows int, in []*G.Node) {
	require(len(order) == rows, "permute", in, "an order of %d rows", len(order))
	for i := range order {
		require(slices.Contains(order, i), "permute", in, "row %d is not in the order", i)
	}
}
