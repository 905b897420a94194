package compose

import (
	"fmt"

	"cmae/internal/kernel"
)

// maxPool is the geometry of a pool of x's images, as a convolution has it. Its border repeats the
// edge, which is in every window that reaches into the border and so changes no largest.
func (w *work) maxPool(x kernel.Tensor, g kernel.Window) conv {
	return w.conv(x, kernel.Tensor{Shape: []int{x.Cols()}}, g)
}

// tap numbers the pixels that lie under one place of the kernel, [B,Ho*Wo].
func (c conv) tap(tap int) kernel.Tensor {
	return c.indices(fmt.Sprint("max ", tap, c.Window), c.images, c.places, func(_, place int) int {
		y, x := c.at(place, tap)
		return min(max(y, 0), c.H-1)*c.W + min(max(x, 0), c.W-1)
	})
}

// MaxPool2D compares tap by tap. place counts the taps, in F32.
func (c *composer) MaxPool2D(y, place, x kernel.Tensor, g kernel.Window) {
	w := c.begin()
	defer w.end()
	k := w.maxPool(x, g)
	best, x := w.out(y), w.in(x)
	at, next, above := w.scratch(x, y.Shape...), w.scratch(x, y.Shape...), w.scratch(x, y.Shape...)
	w.GatherRows(best, x, k.tap(0))
	w.Zero(at)
	for tap := 1; tap < k.taps; tap++ {
		w.GatherRows(next, x, k.tap(tap))
		w.minus(above, next, best)
		w.replace(best, next, above)
		w.replace(at, w.filled(x, float64(tap), y.Len()).View(y.Shape...), above)
	}
	if !place.Absent() {
		w.Cast(place.At(0, kernel.F32, place.Shape...), at)
	}
}

// replace: y = x where positive is, exactly.
func (w *work) replace(y, x, positive kernel.Tensor) {
	old, taken := w.scratch(y, y.Shape...), w.scratch(y, y.Shape...)
	w.ReLUGrad(old, positive, y)
	w.ReLUGrad(taken, positive, x)
	w.minus(y, y, old)
	w.Add(y, y, taken)
}

// MaxPool2DGrad scatters tap by tap.
func (c *composer) MaxPool2DGrad(dx, place, dy kernel.Tensor, g kernel.Window) {
	w := c.begin()
	defer w.end()
	k := w.maxPool(dx, g)
	dy, dx = w.in(dy), w.out(dx)
	at, from := w.scratch(dy, dy.Shape...), w.scratch(dy, dy.Shape...)
	is, part := w.scratch(dy, dy.Shape...), w.scratch(dx, dx.Shape...)
	w.Cast(at, place.At(0, kernel.F32, place.Shape...))
	w.Zero(dx)
	for tap := range k.taps {
		w.plus(from, at, -float64(tap)) // is = max(0, 1 - (at-tap)^2): 1 where they are equal
		w.Mul(from, from, from)
		w.Scale(from, from, -1)
		w.plus(from, from, 1)
		w.ReLU(is, from)
		w.Mul(is, is, dy)
		w.ScatterRows(part, is, k.tap(tap))
		w.Add(dx, dx, part)
	}
}
