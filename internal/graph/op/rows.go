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

// TakeRows picks the rows ids[B] of table[N,C]: [B,C]. It has no gradient, since it serves the keys
// of momentum contrast, which are constants.
func TakeRows(table, ids *G.Node) *G.Node {
	in := []*G.Node{table, ids}
	requireShape(table, "takerows", "table", in, -1, -1)
	requireShape(ids, "takerows", "ids", in, -1)
	n, b, c := table.Shape()[0], ids.Shape()[0], table.Shape()[1]
	return apply(spec{
		kind: "takerows", in: in, dtype: TypeOf(table), shape: []int{b, c},
		run: func(e kernel.Engine, y kernel.Tensor, in []kernel.Tensor) {
			e.GatherRows(y.View(1, b, c), in[0].View(1, n, c), in[1].View(1, b))
		},
	})
}
