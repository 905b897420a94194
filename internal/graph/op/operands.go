package op

import (
	"slices"

	G "gorgonia.org/gorgonia"

	"cmae/internal/kernel"
)

// addOperand appends n to in and returns its place. If n is nil it appends nothing and returns 0.
func addOperand(in *[]*G.Node, n *G.Node) int {
	if n == nil {
		return 0
	}
	*in = append(*in, n)
	return len(*in) - 1
}

// optional is the operand at place i, absent when i is 0.
func optional(x []kernel.Tensor, i int) kernel.Tensor {
	if i == 0 {
		return kernel.Tensor{}
	}
	return x[i]
}

func shapeOf(n *G.Node) []int { return slices.Clone([]int(n.Shape())) }

// masterType is the type in which a weight of type t has its gradient, and in which sums of values
// of type t are kept: F32, or F64 in checks.
func masterType(t kernel.DType) kernel.DType {
	if t == kernel.F64 {
		return kernel.F64
	}
	return kernel.F32
}
