package portable

import "cmae/internal/kernel"

// PoolTokens: y[B,D] = mean of x[b,from:to].
func (m *arithmetic[T]) PoolTokens(y, x kernel.Tensor, from, to int) {
	f := m.open()
	defer f.close()
	means, xs := f.out(y), tokensOf(x, f.in(x))
	d := xs.width
	m.rows(xs.batch, xs.tokens*d, func(lo, hi int) {
		for b := lo; b < hi; b++ {
			mean, span := means[b*d:(b+1)*d], xs.span(b, from, to)
			columnSums(m.single.workers, mean, span)
			scale(mean, mean, 1/T(to-from))
		}
	})
}

// PoolTokensGrad: dx[B,T,D], zero outside.
func (m *arithmetic[T]) PoolTokensGrad(dx, dy kernel.Tensor, from, to int) {
	f := m.open()
	defer f.close()
	dxs, dys := tokensOf(dx, f.out(dx)), f.in(dy)
	share := 1 / T(to-from)
	dxs.each(m.workers, func(b, t int, row []T) {
		if t < from || t >= to {
			clear(row)
			return
		}
		scale(row, dys[b*dxs.width:(b+1)*dxs.width], share)
	})
}
