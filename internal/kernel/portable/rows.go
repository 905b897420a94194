package portable

import "cmae/internal/kernel"

// GatherRows: y[b,i] = x[b,ids[b,i]], zeros where that is no row.
func (m *arithmetic[T]) GatherRows(y, x, ids kernel.Tensor) {
	f := m.open()
	defer f.close()
	to, from, index := tokensOf(y, f.out(y)), tokensOf(x, f.in(x)), kernel.Slice[int32](ids)
	to.each(m.workers, func(b, t int, row []T) {
		id := int(index[b*to.tokens+t])
		if id < 0 || id >= from.tokens {
			clear(row)
			return
		}
		copy(row, from.row(b, id))
	})
}

// ScatterRows: dx[b,n] is the sum of the dy[b,i] whose ids[b,i] is n. A worker has an image, or
// columns of one, so that sums keep their order.
func (m *arithmetic[T]) ScatterRows(dx, dy, ids kernel.Tensor) {
	f := m.open()
	defer f.close()
	to, from, index := tokensOf(dx, f.out(dx)), tokensOf(dy, f.in(dy)), kernel.Slice[int32](ids)
	clear(to.data)
	parts := pieces(to.width, columnGrain)
	m.rows(to.batch*parts, from.tokens*columnGrain, func(first, last int) {
		for p := first; p < last; p++ {
			b, lo := p/parts, p%parts*columnGrain
			hi := min(lo+columnGrain, to.width)
			for t := range from.tokens {
				id := int(index[b*from.tokens+t])
				if id >= 0 && id < to.tokens {
					accumulate(to.row(b, id)[lo:hi], from.row(b, t)[lo:hi])
				}
			}
		}
	})
}

// Softmax over each row.
func (m *arithmetic[T]) Softmax(y, logSum, x kernel.Tensor) {
	f := m.open()
	defer f.close()
	ys, sums, xs := f.out(y), f.out(logSum), f.in(x)
	c := x.Cols()
	m.rows(len(xs)/c, c, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			row := ys[i*c : (i+1)*c]
			copy(row, xs[i*c:(i+1)*c])
			if s := softmax(row); sums != nil {
				sums[i] = T(s)
			}
		}
	})
}
