package op

import (
	G "gorgonia.org/gorgonia"

	"cmae/internal/comm"
	"cmae/internal/kernel"
)

// AllGather is x[B,...] of every replica, [Size*B,...] in order of rank; x itself where c does not
// divide the batch. Its gradient is this replica's slice of dy, summed over all replicas.
func AllGather(c comm.Comm, x *G.Node) *G.Node {
	if !comm.Divided(c) {
		return x
	}
	require(x.Dims() > 0, "allgather", []*G.Node{x}, "a scalar has no shards")
	return apply(spec{
		kind: "allgather", in: []*G.Node{x}, dtype: TypeOf(x), shape: gathered(c, x),
		diff: []int{0},
		run: func(_ kernel.Engine, y kernel.Tensor, in []kernel.Tensor) {
			c.AllGather(y, in[0])
		},
		grad: func(y, dy *G.Node) []*G.Node {
			sum := scratch(dy)
			return []*G.Node{apply(spec{
				kind: "allgather.dx", ofNode: y, in: []*G.Node{dy}, dtype: TypeOf(x),
				shape: shapeOf(x), saves: []*Saved{sum},
				run: func(e kernel.Engine, dx kernel.Tensor, in []kernel.Tensor) {
					e.Copy(sum.Tensor, in[0])
					c.AllReduce(sum.Tensor)
					e.Copy(dx, own(c, sum.Tensor))
				},
			})}
		},
	})
}

// gathered is the shape of x[B,...] of all replicas.
func gathered(c comm.Comm, x *G.Node) []int {
	shape := shapeOf(x)
	shape[0] *= c.Size()
	return shape
}

// own is this replica's part of what all have together.
func own(c comm.Comm, all kernel.Tensor) kernel.Tensor {
	rows := all.Shape[0] / c.Size()
	return all.Part(c.Rank()*rows, (c.Rank()+1)*rows)
}

// scratch is memory like n's during one operation, which names it among its results.
func scratch(n *G.Node) *Saved { return &Saved{Type: TypeOf(n), Shape: shapeOf(n)} }

// gatheredScratch is memory for x of all replicas during one operation.
func gatheredScratch(c comm.Comm, x *G.Node) *Saved {
	return &Saved{Type: TypeOf(x), Shape: gathered(c, x)}
}
