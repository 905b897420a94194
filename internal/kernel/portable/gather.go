package portable

import "cmae/internal/kernel"

// GatherTokens: y[b,0] = cls + pos[0]; y[b,1+i] = x[b,ids[b,i]] + keep[b,i] pos[1+ids[b,i]].
func (m *arithmetic[T]) GatherTokens(y, cls, x, pos, ids, keep kernel.Tensor) {
	f := m.open()
	defer f.close()
	to, first := tokensOf(y, f.out(y)), f.in(cls)
	from, places := tokensOf(x, f.in(x)), tokensOf(pos, f.in(pos))
	index, kept := kernel.Slice[int32](ids), f.in(keep)
	to.each(m.workers, func(b, t int, row []T) {
		if t == 0 {
			add(row, first, places.row(0, 0))
			return
		}
		at := b*(to.tokens-1) + t - 1
		id := int(index[at])
		if kept == nil {
			add(row, from.row(b, id), places.row(0, 1+id))
			return
		}
		place := places.row(0, 1+id)
		for j, v := range from.row(b, id) {
			row[j] = v + kept[at]*place[j]
		}
	})
}

// GatherTokensGrad writes dcls[D] and dx[B,N,D].
func (m *arithmetic[T]) GatherTokensGrad(dcls, dx, dy, ids kernel.Tensor) {
	f := m.open()
	defer f.close()
	from := tokensOf(dy, f.in(dy))
	from.sum(m.workers, f.out(dcls), func(_, t int) bool { return t == 0 })
	if dx.Absent() {
		return
	}
	to, index := tokensOf(dx, f.out(dx)), kernel.Slice[int32](ids)
	m.rows(to.batch, to.tokens*to.width, func(lo, hi int) {
		for b := lo; b < hi; b++ {
			clear(to.span(b, 0, to.tokens))
			for i := range from.tokens - 1 {
				accumulate(to.row(b, int(index[b*(from.tokens-1)+i])), from.row(b, 1+i))
			}
		}
	})
}

// GatherTokensGradPos: dpos[1+N,D]. Every worker has columns of its own, so that sums keep their
// order.
func (m *arithmetic[T]) GatherTokensGradPos(dpos, dy, ids, keep kernel.Tensor) {
	f := m.open()
	defer f.close()
	to, from := tokensOf(dpos, f.out(dpos)), tokensOf(dy, f.in(dy))
	index, kept := kernel.Slice[int32](ids), f.in(keep)
	clear(to.data)
	m.each(to.width, columnGrain, func(lo, hi int) {
		for b := range from.batch {
			accumulate(to.row(0, 0)[lo:hi], from.row(b, 0)[lo:hi])
			for t := 1; t < from.tokens; t++ {
				at := b*(from.tokens-1) + t - 1
				place, row := to.row(0, 1+int(index[at]))[lo:hi], from.row(b, t)[lo:hi]
				if kept == nil {
					accumulate(place, row)
					continue
				}
				for j, v := range row {
					place[j] += kept[at] * v
				}
			}
		}
	})
}
