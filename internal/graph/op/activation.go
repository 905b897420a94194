package op

import (
	G "gorgonia.org/gorgonia"

	"cmae/internal/kernel"
)

// GELU is x/2 (1 + erf(x/sqrt 2)), the exact form. A Linear with its GELU option does the same in
// one pass.
func GELU(x *G.Node) *G.Node {
	return apply(spec{
		kind: "gelu", in: []*G.Node{x}, dtype: TypeOf(x), shape: shapeOf(x), diff: []int{0},
		run: func(e kernel.Engine, y kernel.Tensor, in []kernel.Tensor) { e.GELU(y, in[0]) },
		grad: func(y, dy *G.Node) []*G.Node {
			return []*G.Node{apply(spec{
				kind: "gelu.dx", ofNode: y, in: []*G.Node{x, dy}, dtype: TypeOf(x),
				shape: shapeOf(x),
				run: func(e kernel.Engine, dx kernel.Tensor, in []kernel.Tensor) {
					e.GELUGrad(dx, in[0], in[1])
				},
			})}
		},
	})
}

// geluGrad is the gradient of the GELU that is fused into a Linear, which saved the GELU's operand,
// pre.
func geluGrad(y *G.Node, pre *Saved, dy *G.Node) *G.Node {
	return apply(spec{
		kind: "gelu.dx", ofNode: y, in: []*G.Node{dy}, dtype: TypeOf(y), shape: shapeOf(y),
		uses: []*Saved{pre},
		run: func(e kernel.Engine, dx kernel.Tensor, in []kernel.Tensor) {
			e.GELUGrad(dx, pre.Tensor, in[0])
		},
	})
}

// geluAgain is y once more, a result of the GELU that is fused into a Linear, which saved its
// operand, pre. In BF16 pre is rounded, so that the result may differ in its last bit.
func geluAgain(y *G.Node, pre *Saved, after *G.Node) *G.Node {
	return apply(spec{
		kind: "gelu", again: y, in: []*G.Node{after}, dtype: TypeOf(y),
		shape: shapeOf(y), uses: []*Saved{pre},
		run: func(e kernel.Engine, y kernel.Tensor, _ []kernel.Tensor) { e.GELU(y, pre.Tensor) },
	})
}

// ReLU is max(x, 0).
func ReLU(x *G.Node) *G.Node {
	return apply(spec{
		kind: "relu", in: []*G.Node{x}, dtype: TypeOf(x), shape: shapeOf(x), diff: []int{0},
		run:  func(e kernel.Engine, y kernel.Tensor, in []kernel.Tensor) { e.ReLU(y, in[0]) },
		grad: func(y, dy *G.Node) []*G.Node { return []*G.Node{reluGrad(y, dy)} },
	})
}

// reluGrad is dy where y, a result of ReLU, is positive, and 0 elsewhere.
func reluGrad(y, dy *G.Node) *G.Node {
	return apply(spec{
		kind: "relu.dx", ofNode: y, in: []*G.Node{y, dy}, dtype: TypeOf(y), shape: shapeOf(y),
		run: func(e kernel.Engine, dx kernel.Tensor, in []kernel.Tensor) {
			e.ReLUGrad(dx, in[0], in[1])
		},
	})
}
