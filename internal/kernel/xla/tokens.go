package xla

func (b *builder) patchify(patches, images tensor, p int, channelsLast bool) {
	n, c, side := images.Shape[0], images.Shape[1], images.Shape[2]
	v := b.reshape(b.in(images), n, c, side/p, p, side/p, p)
	if channelsLast {
		v = b.transpose(v, 0, 2, 4, 3, 5, 1)
	} else {
		v = b.transpose(v, 0, 2, 4, 1, 3, 5)
	}
	b.put(patches, b.reshape(v, patches.Shape...))
}

func (b *builder) gatherTokens(y, cls, x, pos, ids, keep tensor) {
	images, v, d := ids.Shape[0], ids.Shape[1], x.Shape[2]
	p := b.in(flat(pos))
	first := b.add(b.in(line(cls)), b.reshape(b.slice(p, 0, 0, 1), d))
	all := []value{b.spread(first, []int{images, 1, d}, 2)}
	if v > 0 {
		i := b.get(ids)
		own := b.rowsOf(b.slice(p, 0, 1, p.shape[0]), i)
		if !keep.Absent() {
			own = b.mul(own, b.perRow(b.in(keep), own.shape))
		}
		all = append(all, b.add(b.take(b.in(x), i), own))
	}
	b.put(y, b.concat(1, all...))
}

func (b *builder) gatherTokensGrad(dcls, dx, dy, ids tensor) {
	g := b.in(dy)
	b.put(line(dcls), b.sum(b.slice(g, 1, 0, 1), 0, 1))
	switch {
	case dx.Absent():
	case ids.Len() == 0:
		b.zero(dx)
	default:
		b.put(dx, b.scatter(b.slice(g, 1, 1, g.shape[1]), b.get(ids), dx.Shape[1]))
	}
}

func (b *builder) gatherTokensGradPos(dpos, dy, ids, keep tensor) {
	g := b.in(dy)
	n, d := dpos.Rows()-1, dpos.Cols()
	first := b.reshape(b.sum(b.slice(g, 1, 0, 1), 0, 1), 1, d)
	rest := b.fill(0, g.t, n, d)
	if ids.Len() > 0 {
		r := b.slice(g, 1, 1, g.shape[1])
		if !keep.Absent() {
			r = b.mul(r, b.perRow(b.in(keep), r.shape))
		}
		rest = b.sum(b.scatter(r, b.get(ids), n), 0)
	}
	b.put(flat(dpos), b.concat(0, first, rest))
}

func (b *builder) poolTokens(y, x tensor, from, to int) {
	b.put(y, b.times(b.sum(b.slice(b.in(x), 1, from, to), 1), 1/float64(to-from)))
}

func (b *builder) poolTokensGrad(dx, dy tensor, from, to int) {
	n, t, d := dx.Shape[0], dx.Shape[1], dx.Shape[2]
	g := b.spread(b.times(b.in(dy), 1/float64(to-from)), []int{n, to - from, d}, 0, 2)
	b.put(dx, b.padTokens(g, from, t-to))
}

func (b *builder) sliceTokens(y, x tensor, from, to int) { b.put(y, b.slice(b.in(x), 1, from, to)) }

func (b *builder) padded(dx, dy tensor, from int) {
	b.put(dx, b.padTokens(b.in(dy), from, dx.Shape[1]-from-dy.Shape[1]))
}

func (b *builder) concatTokens(y, first, second tensor) {
	b.put(y, b.concat(1, b.in(first), b.in(second)))
}

func (b *builder) transposed(y, x tensor) { b.put(y, b.transpose(b.in(x), 0, 2, 1)) }
