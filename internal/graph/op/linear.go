package op

import (
	G "gorgonia.org/gorgonia"

	"cmae/internal/kernel"
)

// LinearOptions are the parts of Linear beyond x w^T.
type LinearOptions struct {
	Bias     *G.Node      // [N]
	GELU     bool         // y = gelu(x w^T + b)
	Residual *G.Node      // [...,N], added last
	Out      kernel.DType // type of y; zero means the type of x
	// w's gradient has x computed again instead of kept, if x is a norm or GELU
	Again bool
}

// Linear is y[...,N] = x[...,K] w[N,K]^T, with w's further dimensions counted into K (the weight of
// a patch convolution).
func Linear(x, w *G.Node, o LinearOptions) *G.Node {
	in := []*G.Node{x, w}
	bias, residual := addOperand(&in, o.Bias), addOperand(&in, o.Residual)
	n, k := w.Shape()[0], w.Shape().TotalSize()/w.Shape()[0]
	require(
		x.Dims() >= 2 && x.Shape()[x.Dims()-1] == k, "linear", in,
		"last dimension of the input is not %d", k,
	)
	shape := append(shapeOf(x)[:x.Dims()-1], n)
	if o.Bias != nil {
		requireShape(o.Bias, "linear", "bias", in, n)
	}
	if o.Residual != nil {
		requireShape(o.Residual, "linear", "residual", in, shape...)
	}
	if o.Out == 0 {
		o.Out = TypeOf(x)
	}
	var saves []*Saved
	var pre *Saved
	var repeat func(y, after *G.Node) *G.Node
	if o.GELU {
		pre = &Saved{Type: o.Out, Shape: shape, Optional: true}
		saves = []*Saved{pre}
		repeat = func(y, after *G.Node) *G.Node { return geluAgain(y, pre, after) }
	}
	diff := []int{0, 1}
	if bias > 0 {
		diff = append(diff, bias)
	}
	if residual > 0 {
		diff = append(diff, residual)
	}
	return apply(spec{
		kind: "linear", in: in, dtype: o.Out, shape: shape, saves: saves, diff: diff,
		run: func(e kernel.Engine, y kernel.Tensor, x []kernel.Tensor) {
			epilogue := kernel.Epilogue{
				GELU: o.GELU, Bias: optional(x, bias), Residual: optional(x, residual),
			}
			if pre != nil {
				epilogue.Pre = pre.Tensor
			}
			e.Linear(y, x[0], x[1].View(n, k), epilogue)
		},
		grad:   func(y, dy *G.Node) []*G.Node { return linearGrad(x, w, o, pre, y, dy) },
		repeat: repeat,
	})
}

// linearGrad returns dx, dw and, where the operation has them, the gradients of bias and residual.
func linearGrad(x, w *G.Node, o LinearOptions, pre *Saved, y, dy *G.Node) []*G.Node {
	dsum := dy
	if o.GELU {
		dsum = geluGrad(y, pre, dy)
	}
	dsum = Cast(dsum, TypeOf(w)) // both factors of a product share one type
	dx := apply(spec{
		kind: "linear.dx", ofNode: y, in: []*G.Node{dsum, w}, dtype: TypeOf(x), shape: shapeOf(x),
		run: func(e kernel.Engine, dx kernel.Tensor, in []kernel.Tensor) {
			e.LinearGradInput(dx, in[0], in[1].View(w.Shape()[0], in[1].Len()/w.Shape()[0]))
		},
	})
	grads := []*G.Node{dx}
	if o.Again {
		x = again(x, dsum)
	}
	master := masterType(TypeOf(w))
	var db *Saved
	var saves []*Saved
	if o.Bias != nil {
		db = &Saved{Type: master, Shape: shapeOf(o.Bias)}
		saves = []*Saved{db}
	}
	dw := apply(spec{
		kind: "linear.dw", ofNode: y, in: []*G.Node{dsum, x}, dtype: master, shape: shapeOf(w),
		saves: saves,
		run: func(e kernel.Engine, dw kernel.Tensor, in []kernel.Tensor) {
			var bias kernel.Tensor
			if db != nil {
				bias = db.Tensor
			}
			e.LinearGradWeight(dw.View(w.Shape()[0], dw.Len()/w.Shape()[0]), bias, in[0], in[1])
		},
	})
	grads = append(grads, dw)
	if db != nil {
		grads = append(grads, take(dw, db))
	}
	if o.Residual != nil {
		grads = append(grads, dy)
	}
	return grads
}
