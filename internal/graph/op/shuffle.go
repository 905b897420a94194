package op

import (
	G "gorgonia.org/gorgonia"

	"cmae/internal/comm"
	"cmae/internal/kernel"
)

// Shuffle is PermuteRows of the images of all replicas: this replica's rows of the whole batch in
// another order. Like it, it has no gradient.
func Shuffle(c comm.Comm, x *G.Node, order []int) *G.Node {
	if !comm.Divided(c) {
		return PermuteRows(x, order)
	}
	all, shuffled := gatheredScratch(c, x), gatheredScratch(c, x)
	requireOrder(order, all.Shape[0], []*G.Node{x})
	return apply(spec{
		kind: "shuffle", in: []*G.Node{x}, dtype: TypeOf(x), shape: shapeOf(x),
		saves: []*Saved{all, shuffled},
		run: func(e kernel.Engine, y kernel.Tensor, in []kernel.Tensor) {
			c.AllGather(all.Tensor, in[0])
			e.PermuteRows(shuffled.Tensor, all.Tensor, order)
			e.Copy(y, own(c, shuffled.Tensor))
		},
	})
}
