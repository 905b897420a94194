package portable

// depthwise is a convolution of each channel with a filter of its own, by the definition: a matrix
// product would have one column. Filters are [C,k*k]; x and dx are [B,H*W,C].
type depthwise[T float] struct{ conv[T] }

func (d depthwise[T]) forward(w workers, y, x, filters, bias []T) {
	c, taps := d.out, d.taps(w, filters)
	w.rows(d.images*d.down, d.across*len(taps), func(lo, hi int) {
		for r := lo; r < hi; r++ {
			for o := range d.across {
				sum := y[(r*d.across+o)*c:][:c]
				clear(sum)
				d.visit(r/d.down, r%d.down, o, func(tap, pixel int) {
					multiplyAdd(sum, x[pixel*c:][:c], taps[tap*c:][:c])
				})
				if bias != nil {
					accumulate(sum, bias)
				}
			}
		}
	})
}

// gradInput goes by lines of the image, so that each is one task's own.
func (d depthwise[T]) gradInput(w workers, dx, dy, filters []T) {
	c, taps := d.out, d.taps(w, filters)
	w.rows(d.images*d.H, d.W*len(taps), func(first, last int) {
		for r := first; r < last; r++ {
			image, y := r/d.H, r%d.H
			line := dx[r*d.W*c:][:d.W*c]
			clear(line)
			for ky := range d.Side {
				down, ok := d.above(y, ky)
				if !ok {
					continue
				}
				for o := range d.across {
					left := o*d.Stride - d.Pad
					lo, hi := inside(left, d.Side, d.W)
					grad := dy[((image*d.down+down)*d.across+o)*c:][:c]
					for kx := lo; kx < hi; kx++ {
						multiplyAdd(line[(left+kx)*c:][:c], grad, taps[(ky*d.Side+kx)*c:][:c])
					}
				}
			}
		}
	})
}

// gradWeight writes dw[C,k*k]. A task owns a few channels, whose sums run over images and places in
// order.
func (d depthwise[T]) gradWeight(w workers, dw, dy, x []T) {
	c, taps := d.out, d.Side*d.Side
	w.each(c, columnGrain, func(lo, hi int) {
		sums := make([]columns, taps)
		for image := range d.images {
			for down := range d.down {
				for o := range d.across {
					grad := dy[((image*d.down+down)*d.across+o)*c:][:c]
					d.visit(image, down, o, func(tap, pixel int) {
						to, from := &sums[tap], x[pixel*c:][:c]
						for j := lo; j < hi; j++ {
							to[j-lo] += float64(grad[j] * from[j])
						}
					})
				}
			}
		}
		for tap := range sums {
			for j := lo; j < hi; j++ {
				dw[j*taps+tap] = T(sums[tap][j-lo])
			}
		}
	})
}

// taps turns filters into [k*k,C].
func (d depthwise[T]) taps(w workers, filters []T) []T {
	taps := make([]T, len(filters))
	swap(w, taps, filters, 1, d.out, d.Side*d.Side)
	return taps
}

// visit calls body for every element of the kernel that lies on the image at place (down, across)
// of the result, with the pixel there.
func (d depthwise[T]) visit(image, down, across int, body func(tap, pixel int)) {
	top, left := down*d.Stride-d.Pad, across*d.Stride-d.Pad
	y0, y1 := inside(top, d.Side, d.H)
	x0, x1 := inside(left, d.Side, d.W)
	for ky := y0; ky < y1; ky++ {
		for kx := x0; kx < x1; kx++ {
			body(ky*d.Side+kx, (image*d.H+top+ky)*d.W+left+kx)
		}
	}
}

// multiplyAdd: sum += a b, element by element.
func multiplyAdd[T float](sum, a, b []T) {
	a, b = a[:len(sum)], b[:len(sum)]
	for i, v := range a {
		sum[i] += v * b[i]
	}
}
