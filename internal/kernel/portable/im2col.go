package portable

import "cmae/internal/kernel"

// Gather writes what lies under the kernel at each place of x[B,H*W,C] into rows[B*Ho*Wo,k*k*C],
// zeros for the border. Both are F32: it is for engines that have a better matrix product.
func (e *Engine) Gather(rows, x kernel.Tensor, g kernel.Window) {
	c := gathered(x, g)
	c.gather(e.narrow.workers, kernel.Slice[float32](rows), kernel.Slice[float32](x), 0, c.images)
}

// Scatter is its transpose: every pixel of dx[B,H*W,C] is the sum of its places in rows.
func (e *Engine) Scatter(dx, rows kernel.Tensor, g kernel.Window) {
	c := gathered(dx, g)
	c.scatter(e.narrow.workers, kernel.Slice[float32](dx), kernel.Slice[float32](rows), 0, c.images)
}

func gathered(x kernel.Tensor, g kernel.Window) conv[float32] {
	c := conv[float32]{Window: g, images: x.Shape[0], in: x.Cols()}
	c.down, c.across = g.Out()
	return c
}

// gather writes what lies under the kernel at each place of images from to to:
// rows[(to-from)*Ho*Wo,K], zeros in the border.
func (c conv[T]) gather(w workers, rows, x []T, from, to int) []T {
	if c.isLinear() {
		return x
	}
	depth, run := c.depth(), c.Side*c.in
	w.rows((to-from)*c.down, c.across*depth, func(lo, hi int) {
		for r := lo; r < hi; r++ {
			image, top := from+r/c.down, r%c.down*c.Stride-c.Pad
			for ky := range c.Side {
				var line []T // nil above and below the image
				if y := top + ky; y >= 0 && y < c.H {
					line = x[(image*c.H+y)*c.W*c.in:][:c.W*c.in]
				}
				for o := range c.across {
					c.copyRun(rows[(r*c.across+o)*depth+ky*run:][:run], line, o*c.Stride-c.Pad)
				}
			}
		}
	})
	return rows
}

// copyRun takes the pixels of line under one row of the kernel, which starts at pixel left.
func (c conv[T]) copyRun(to, line []T, left int) {
	if line == nil {
		clear(to)
		return
	}
	lo, hi := inside(left, c.Side, c.W)
	clear(to[:lo*c.in])
	copy(to[lo*c.in:hi*c.in], line[(left+lo)*c.in:])
	clear(to[hi*c.in:])
}

// scatter is gather's transpose: every pixel of dx is the sum of its places in rows, in their
// order.
func (c conv[T]) scatter(w workers, dx, rows []T, from, to int) {
	if c.isLinear() {
		return
	}
	depth, run := c.depth(), c.Side*c.in
	w.rows((to-from)*c.H, c.W*c.Side*run, func(first, last int) {
		for r := first; r < last; r++ {
			image, y := r/c.H, r%c.H
			line := dx[((from+image)*c.H+y)*c.W*c.in:][:c.W*c.in]
			clear(line)
			for ky := range c.Side {
				down, ok := c.above(y, ky)
				if !ok {
					continue
				}
				for o := range c.across {
					left := o*c.Stride - c.Pad
					lo, hi := inside(left, c.Side, c.W)
					grad := rows[((image*c.down+down)*c.across+o)*depth+ky*run:][:run]
					pixels := line[(left+lo)*c.in : (left+hi)*c.in]
					accumulate(pixels, grad[lo*c.in:hi*c.in])
				}
			}
		}
	})
}

// above is the row of the result at which row ky of the kernel lies on row y of the image.
func (c conv[T]) above(y, ky int) (row int, ok bool) {
	at := y + c.Pad - ky
	return at / c.Stride, at >= 0 && at%c.Stride == 0 && at/c.Stride < c.down
}

// inside is the part [lo,hi) of n pixels that lies in a line of size pixels when the first lies at
// left.
func inside(left, n, size int) (lo, hi int) {
	lo = min(max(0, -left), n)
	return lo, max(lo, min(n, size-left))
}
