package portable

import "cmae/internal/kernel"

// conv is a convolution as a matrix product: rows of pixels under the kernel, [B*Ho*Wo,K], times
// filters [Cout,K], K = k*k*Cin in the order row, column, channel, so that a row of the kernel is
// one run of memory in the image.
type conv[T float] struct {
	kernel.Window
	images, in, out int // in and out count channels
	down, across    int // size of the result
}

func convOf[T float](x, w kernel.Tensor, g kernel.Window) conv[T] {
	c := conv[T]{Window: g, images: x.Shape[0], in: w.Shape[1], out: w.Shape[0]}
	c.down, c.across = g.Out()
	return c
}

// isDepthwise tells it by the filters, which see one channel of several.
func isDepthwise(x, w kernel.Tensor) bool { return w.Shape[1] == 1 && x.Cols() > 1 }

// Conv2D: y = x * w + bias.
func (m *arithmetic[T]) Conv2D(y, x, w, bias kernel.Tensor, g kernel.Window) {
	f := m.open()
	defer f.close()
	ys, xs, b := f.out(y), f.in(x), f.in(bias)
	c := convOf[T](x, w, g)
	filters := c.filters(f, f.in(w))
	if isDepthwise(x, w) {
		depthwise[T]{c}.forward(m.workers, ys, xs, filters, b)
		return
	}
	c.chunks(f, func(from, to int, rows []T) {
		part := ys[from*c.pixels()*c.out : to*c.pixels()*c.out]
		linear(
			m, part, c.gather(m.workers, rows, xs, from, to), filters, c.out, c.depth(),
			epilogue[T]{bias: b},
		)
	})
}

// Conv2DGradInput writes dx.
func (m *arithmetic[T]) Conv2DGradInput(dx, dy, w kernel.Tensor, g kernel.Window) {
	f := m.open()
	defer f.close()
	dxs, dys := f.out(dx), f.in(dy)
	c := convOf[T](dx, w, g)
	filters := c.filters(f, f.in(w))
	if isDepthwise(dx, w) {
		depthwise[T]{c}.gradInput(m.workers, dxs, dys, filters)
		return
	}
	c.chunks(f, func(from, to int, rows []T) {
		if c.isLinear() {
			rows = dxs
		}
		linearGradInput(
			m, rows, dys[from*c.pixels()*c.out:to*c.pixels()*c.out], filters, c.out, c.depth(),
		)
		c.scatter(m.workers, dxs, rows, from, to)
	})
}

// Conv2DGradWeight writes dw and db.
func (m *arithmetic[T]) Conv2DGradWeight(dw, db, dy, x kernel.Tensor, g kernel.Window) {
	f := m.open()
	defer f.close()
	dws, dbs, dys, xs := f.out(dw), f.out(db), f.in(dy), f.in(x)
	c := convOf[T](x, dw, g)
	if dbs != nil {
		m.columnSums(dbs, dys)
	}
	total := f.scratch(len(dws))
	if isDepthwise(x, dw) {
		depthwise[T]{c}.gradWeight(m.workers, total, dys, xs)
	} else {
		c.gradWeight(f, total, dys, xs)
	}
	swap(m.workers, dws, total, c.out, c.Side*c.Side, c.in)
}

// gradWeight sums the products of all chunks into total[Cout,K].
func (c conv[T]) gradWeight(f *frame[T], total, dy, x []T) {
	part := total
	c.chunks(f, func(from, to int, rows []T) {
		if from > 0 && &part[0] == &total[0] {
			part = f.scratch(len(total))
		}
		grad := dy[from*c.pixels()*c.out : to*c.pixels()*c.out]
		linearGradWeight(
			f.arithmetic, part, nil, grad, c.gather(f.workers, rows, x, from, to), c.out, c.depth(),
		)
		if from > 0 {
			f.each(
				len(total), elementGrain,
				func(lo, hi int) { accumulate(total[lo:hi], part[lo:hi]) },
			)
		}
	})
}

func (c conv[T]) depth() int { return c.Side * c.Side * c.in }

// pixels is how many one image has in the result.
func (c conv[T]) pixels() int { return c.down * c.across }

// isLinear says that the rows of the product are the image itself.
func (c conv[T]) isLinear() bool { return c.Side == 1 && c.Stride == 1 && c.Pad == 0 }

// chunkRows is how many rows are gathered for one product: enough to make the filters' own passes
// through memory small beside it.
const chunkRows = 1024

// chunks calls body for a few images at a time, with memory for their rows.
func (c conv[T]) chunks(f *frame[T], body func(from, to int, rows []T)) {
	if c.isLinear() {
		body(0, c.images, nil)
		return
	}
	step := min(c.images, pieces(chunkRows, c.pixels()))
	rows := f.scratch(step * c.pixels() * c.depth())
	for from := 0; from < c.images; from += step {
		to := min(from+step, c.images)
		body(from, to, rows[:(to-from)*c.pixels()*c.depth()])
	}
}

// filters puts channels last: [Cout,k,k,Cin/groups].
func (c conv[T]) filters(f *frame[T], w []T) []T {
	s := f.scratch(len(w))
	swap(f.workers, s, w, c.out, c.in, c.Side*c.Side)
	return s
}

// swap: to[n,c,r] = from[n,r,c].
func swap[T float](w workers, to, from []T, n, rows, cols int) {
	w.rows(n, rows*cols, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			dst, src := to[i*rows*cols:(i+1)*rows*cols], from[i*rows*cols:(i+1)*rows*cols]
			for j := range cols {
				for r := range rows {
					dst[j*rows+r] = src[r*cols+j]
				}
			}
		}
	})
}
