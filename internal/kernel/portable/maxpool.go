package portable

import "cmae/internal/kernel"

// MaxPool2D keeps of each window the largest, or the first NaN; place is its number in the kernel,
// row by row.
func (m *arithmetic[T]) MaxPool2D(y, place, x kernel.Tensor, g kernel.Window) {
	f := m.open()
	defer f.close()
	ys, xs, places := f.out(y), f.in(x), kernel.Slice[int32](place)
	d := poolOf[T](x, g)
	c := d.out
	m.rows(d.images*d.down, d.across*c*g.Side*g.Side, func(lo, hi int) {
		for i := lo * d.across; i < hi*d.across; i++ {
			best := ys[i*c:][:c]
			var at []int32
			if places != nil {
				at = places[i*c:][:c]
			}
			first := true
			d.visit(i/d.across/d.down, i/d.across%d.down, i%d.across, func(tap, pixel int) {
				larger(best, at, xs[pixel*c:][:c], int32(tap), first)
				first = false
			})
		}
	})
}

// MaxPool2DGrad: dx[B,H*W,C].
func (m *arithmetic[T]) MaxPool2DGrad(dx, place, dy kernel.Tensor, g kernel.Window) {
	f := m.open()
	defer f.close()
	dxs, dys, places := f.out(dx), f.in(dy), kernel.Slice[int32](place)
	d := poolOf[T](dx, g)
	c := d.out
	m.rows(d.images*d.H, d.W*c*g.Side*g.Side, func(first, last int) {
		for r := first; r < last; r++ {
			line := dxs[r*d.W*c:][:d.W*c]
			clear(line)
			for ky := range g.Side {
				down, ok := d.above(r%d.H, ky)
				if !ok {
					continue
				}
				for o := range d.across {
					left, i := o*g.Stride-g.Pad, ((r/d.H*d.down+down)*d.across+o)*c
					lo, hi := inside(left, g.Side, g.W)
					for kx := lo; kx < hi; kx++ {
						takeBack(
							line[(left+kx)*c:][:c], dys[i:][:c], places[i:][:c],
							int32(ky*g.Side+kx),
						)
					}
				}
			}
		}
	})
}

// poolOf borrows the geometry of a depthwise convolution.
func poolOf[T float](x kernel.Tensor, g kernel.Window) depthwise[T] {
	d := depthwise[T]{conv[T]{Window: g, images: x.Shape[0], in: 1, out: x.Cols()}}
	d.down, d.across = g.Out()
	return d
}

// larger puts x where it beats best, everywhere the first time.
func larger[T float](best []T, at []int32, x []T, tap int32, first bool) {
	for j, v := range x {
		if first || v > best[j] || v != v && best[j] == best[j] {
			best[j] = v
			if at != nil {
				at[j] = tap
			}
		}
	}
}

// takeBack adds the gradients whose place is tap.
func takeBack[T float](dx, dy []T, at []int32, tap int32) {
	for j, p := range at {
		if p == tap {
			dx[j] += dy[j]
		}
	}
}
