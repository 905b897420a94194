package op

import (
	G "gorgonia.org/gorgonia"
	"gorgonia.org/tensor"
)

// Reshape is x under another shape of the same length, in the same memory.
func Reshape(x *G.Node, shape ...int) *G.Node {
	in := []*G.Node{x}
	require(
		x.Shape().TotalSize() == tensor.Shape(shape).TotalSize(), "reshape", in,
		"lengths differ from %v", shape,
	)
	return apply(spec{
		kind: "reshape", in: in, dtype: TypeOf(x), shape: shape, same: true, diff: []int{0},
		grad: func(y, dy *G.Node) []*G.Node { return []*G.Node{Reshape(dy, shapeOf(x)...)} },
	})
}
