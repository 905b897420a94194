package op

import (
	"math"

	G "gorgonia.org/gorgonia"

	"cmae/internal/kernel"
)

// ConvOptions are the parts of Conv beyond x * w.
type ConvOptions struct {
	Bias        *G.Node      // [Cout]
	Stride, Pad int          // Stride 0 means 1
	Out         kernel.DType // type of y; zero means the type of x
}

// Conv is the convolution of square images x[B,S*S,Cin], channels last, with square filters
// w[Cout,Cin,k,k], or w[C,1,k,k] for one filter a channel: y[B,So*So,Cout], So = (S + 2 Pad -
// k)/Stride + 1.
func Conv(x, w *G.Node, o ConvOptions) *G.Node {
	in := []*G.Node{x, w}
	bias := addOperand(&in, o.Bias)
	requireShape(w, "conv", "weight", in, -1, -1, -1, -1)
	require(w.Shape()[2] == w.Shape()[3], "conv", in, "filters are not square")
	g := windowOf("conv", in, w.Shape()[2], o.Stride, o.Pad)
	cin, cout := x.Shape()[2], w.Shape()[0]
	require(
		w.Shape()[1] == cin || w.Shape()[1] == 1 && cin == cout, "conv", in,
		"filters do not fit %d channels", cin,
	)
	if o.Bias != nil {
		requireShape(o.Bias, "conv", "bias", in, cout)
	}
	if o.Out == 0 {
		o.Out = TypeOf(x)
	}
	diff := []int{0, 1}
	if bias > 0 {
		diff = append(diff, bias)
	}
	down, across := g.Out()
	return apply(spec{
		kind: "conv", in: in, dtype: o.Out,
		shape: []int{x.Shape()[0], down * across, cout}, diff: diff,
		run: func(e kernel.Engine, y kernel.Tensor, x []kernel.Tensor) {
			e.Conv2D(y, x[0], x[1], optional(x, bias), g)
		},
		grad: func(y, dy *G.Node) []*G.Node { return convGrad(x, w, o, g, y, dy) },
	})
}

// convGrad returns dx, dw and, with a bias, db.
func convGrad(x, w *G.Node, o ConvOptions, g kernel.Window, y, dy *G.Node) []*G.Node {
	dy = Cast(dy, TypeOf(w)) // both factors of a product share one type
	dx := apply(spec{
		kind: "conv.dx", ofNode: y, in: []*G.Node{dy, w}, dtype: TypeOf(x), shape: shapeOf(x),
		run: func(e kernel.Engine, dx kernel.Tensor, in []kernel.Tensor) {
			e.Conv2DGradInput(dx, in[0], in[1], g)
		},
	})
	master := masterType(TypeOf(w))
	db := &Saved{Type: master, Shape: []int{w.Shape()[0]}}
	var saves []*Saved
	if o.Bias != nil {
		saves = []*Saved{db}
	}
	dw := apply(spec{
		kind: "conv.dw", ofNode: y, in: []*G.Node{dy, x}, dtype: master, shape: shapeOf(w),
		saves: saves,
		run: func(e kernel.Engine, dw kernel.Tensor, in []kernel.Tensor) {
			e.Conv2DGradWeight(dw, db.Tensor, in[0], in[1], g)
		},
	})
	if o.Bias == nil {
		return []*G.Node{dx, dw}
	}
	return []*G.Node{dx, dw, take(dw, db)}
}

// windowOf checks that the first operand holds square images onto which a kernel of side pixels
// fits, and returns how it moves over them.
func windowOf(kind string, in []*G.Node, side, stride, pad int) kernel.Window {
	requireShape(in[0], kind, "images", in, -1, -1, -1)
	pixels := in[0].Shape()[1]
	s := int(math.Round(math.Sqrt(float64(pixels))))
	require(s*s == pixels, kind, in, "%d pixels are not a square image", pixels)
	require(
		side <= s+2*pad, kind, in, "a kernel of %d does not fit images of %d with a border of %d",
		side, s, pad,
	)
	return kernel.Window{H: s, W: s, Side: side, Stride: max(stride, 1), Pad: pad}
}
