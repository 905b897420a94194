package xla

import (
	"math"

	"cmae/internal/kernel"
)

// stretch pads [B,H,W,C] along H and W, with gaps between its elements.
func (b *builder) stretch(x value, with float64, low, high [2]int, gap int) value {
	return b.pad(
		x, with, []int{0, low[0], low[1], 0}, []int{0, high[0], high[1], 0}, []int{0, gap, gap, 0},
	)
}

// maxPool2D compares the places of a window in turn, so that place is the number of the first
// largest.
func (b *builder) maxPool2D(y, place, x tensor, g kernel.Window) {
	h, w := g.Out()
	edge := [2]int{g.Pad, g.Pad}
	v := b.stretch(b.in(grid(x, g.H, g.W)), math.Inf(-1), edge, edge, 0)
	shape := []int{v.shape[0], h, w, v.shape[3]}
	var top, at value
	for i := range g.Side * g.Side {
		r, s := i/g.Side, i%g.Side
		here := b.emit(
			v.t, shape, "stablehlo.slice %s [0:%d, %d:%d:%d, %d:%d:%d, 0:%d] : (%s) -> %s", v.name,
			shape[0], r, r+(h-1)*g.Stride+1, g.Stride, s, s+(w-1)*g.Stride+1, g.Stride, shape[3],
			v.typ(), typeName(v.t, shape),
		)
		if number := b.whole(i, shape); i == 0 {
			top, at = here, number
		} else {
			at = b.choose(here, "GT", top, number, at)
			top = b.choose(here, "GT", top, here, top)
		}
	}
	b.put(grid(y, h, w), top)
	if !place.Absent() {
		b.put(grid(place, h, w), at)
	}
}

func (b *builder) maxPool2DGrad(dx, place, dy tensor, g kernel.Window) {
	h, w := g.Out()
	d, at := b.in(grid(dy, h, w)), b.get(grid(place, h, w))
	var sum value
	for i := range g.Side * g.Side {
		low := [2]int{i/g.Side - g.Pad, i%g.Side - g.Pad}
		high := [2]int{g.H - low[0] - (h-1)*g.Stride - 1, g.W - low[1] - (w-1)*g.Stride - 1}
		here := b.choose(at, "EQ", b.whole(i, d.shape), d, b.like(d, 0))
		here = b.stretch(here, 0, low, high, g.Stride-1)
		if i == 0 {
			sum = here
		} else {
			sum = b.add(sum, here)
		}
	}
	b.put(grid(dx, g.H, g.W), sum)
}
