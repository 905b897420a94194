package portable

import (
	"testing"

	"cmae/internal/kernel"
	"cmae/internal/kernel/kerneltest"
	"cmae/internal/rng"
)

func TestConvolutionGradients(t *testing.T) {
	l := lab{New(2), rng.For(5, rng.Synthetic).NormFloat64}
	for name, build := range map[string]func(lab) kerneltest.Gradient{
		"3x3": func(l lab) kerneltest.Gradient {
			return convolutionGradient(l, 3, []int{2, 3, 3, 3}, 1, 1)
		},
		"strided": func(l lab) kerneltest.Gradient {
			return convolutionGradient(l, 3, []int{2, 3, 3, 3}, 2, 1)
		},
		"shortcut": func(l lab) kerneltest.Gradient {
			return convolutionGradient(l, 3, []int{4, 3, 1, 1}, 2, 0)
		},
		"1x1": func(l lab) kerneltest.Gradient {
			return convolutionGradient(l, 3, []int{4, 3, 1, 1}, 1, 0)
		},
		"depthwise": func(l lab) kerneltest.Gradient {
			return convolutionGradient(l, 3, []int{3, 1, 3, 3}, 1, 1)
		},
		"maxpool": maxPoolGradient,
	} {
		t.Run(name, func(t *testing.T) { build(l).Check(t, l, gradientTolerance) })
	}
}

// convolutionGradient is two images of 4 x 5 pixels under filters w.
func convolutionGradient(l lab, channels int, w []int, stride, pad int) kerneltest.Gradient {
	g := kernel.Window{H: 4, W: 5, Side: w[2], Stride: stride, Pad: pad}
	down, across := g.Out()
	x, filters, bias, y := l.random(2, 20, channels), l.random(w...), l.random(w[0]), l.zeros(
		2, down*across, w[0],
	)
	grads := l.like(x, filters, bias)
	return kerneltest.Gradient{Inputs: []kernel.Tensor{x, filters, bias}, Grads: grads, Output: y,
		Forward: func() { l.Conv2D(y, x, filters, bias, g) },
		Backward: func(dy kernel.Tensor) {
			l.Conv2DGradInput(grads[0], dy, filters, g)
			l.Conv2DGradWeight(grads[1], grads[2], dy, x, g)
		}}
}

func maxPoolGradient(l lab) kerneltest.Gradient {
	g := kernel.Window{H: 4, W: 5, Side: 3, Stride: 2, Pad: 1}
	x, y, place := l.random(2, 20, 3), l.zeros(2, 6, 3), l.New(kernel.I32, 2, 6, 3)
	grads := l.like(x)
	return kerneltest.Gradient{Inputs: []kernel.Tensor{x}, Grads: grads, Output: y,
		Forward:  func() { l.MaxPool2D(y, place, x, g) },
		Backward: func(dy kernel.Tensor) { l.MaxPool2DGrad(grads[0], place, dy, g) }}
}
