package xla

// patches are the tokens behind cls.
func (b *builder) patches(x value) value { return b.slice(x, 1, 1, x.shape[1]) }

func (b *builder) restoreTokens(y, x, mask, pos, restore tensor) {
	n, d := y.Shape[1]-1, y.Shape[2]
	in, at, v := b.in(x), b.get(restore), x.Shape[1]-1
	body := b.spread(b.in(line(mask)), []int{y.Shape[0], n, d}, 2)
	if v > 0 {
		seen := b.take(b.patches(in), b.two("minimum", at, b.whole(v-1, at.shape)))
		place := b.spread(at, seen.shape, 0, 1)
		body = b.choose(place, "LT", b.whole(v, seen.shape), seen, body)
	}
	all := b.concat(1, b.slice(in, 1, 0, 1), body)
	b.put(y, b.add(all, b.spread(b.in(flat(pos)), all.shape, 1, 2)))
}

func (b *builder) restoreTokensGrad(dx, dmask, dy, restore tensor) {
	g, at, v := b.in(dy), b.get(restore), dx.Shape[1]-1
	r := b.patches(g)
	place := b.spread(at, r.shape, 0, 1)
	hidden := b.choose(place, "GE", b.whole(v, r.shape), r, b.like(r, 0))
	b.put(line(dmask), b.sum(hidden, 0, 1))
	all := []value{b.slice(g, 1, 0, 1)}
	if v > 0 {
		all = append(all, b.scatter(r, at, v))
	}
	b.put(dx, b.concat(1, all...))
}

func (b *builder) mergeTokens(y, first, second, restore tensor) {
	both := b.concat(1, b.patches(b.in(first)), b.patches(b.in(second)))
	b.put(y, b.take(both, b.get(restore)))
}

func (b *builder) mergeTokensGrad(da, dy, restore tensor) {
	v := da.Shape[1] - 1
	if v == 0 {
		b.zero(da)
		return
	}
	b.put(da, b.padTokens(b.scatter(b.in(dy), b.get(restore), v), 1, 0))
}
