package xla

import "cmae/internal/kernel"

// grouped is x[R,C] in at least F32, as [groups,R/groups,C].
func (b *builder) grouped(x tensor, groups int) value {
	return b.reshape(b.in(x), groups, x.Rows()/groups, x.Cols())
}

// perGroup repeats statistics [groups,C] along the rows of their group.
func (b *builder) perGroup(x value, shape []int) value { return b.spread(x, shape, 0, 2) }

// groupMeans are the means of the columns of each group.
func (b *builder) groupMeans(x value) value {
	return b.times(b.sum(x, 1), 1/float64(x.shape[1]))
}

// finished is finish(x gamma + beta), of a last dimension of channels.
func (b *builder) finished(x value, gamma, beta tensor, f kernel.Finish) value {
	last := len(x.shape) - 1
	if !gamma.Absent() {
		x = b.mul(x, b.spread(b.in(line(gamma)), x.shape, last))
	}
	if !beta.Absent() {
		x = b.add(x, b.spread(b.in(line(beta)), x.shape, last))
	}
	if !f.Residual.Absent() {
		x = b.add(x, b.reshape(b.in(f.Residual), x.shape...))
	}
	if f.ReLU {
		x = b.two("maximum", x, b.like(x, 0))
	}
	return x
}

func (b *builder) batchNorm(
	y, mean, istd, x, gamma, beta tensor, eps float64, groups int, f kernel.Finish,
) {
	v := b.grouped(x, groups)
	m := b.groupMeans(v)
	d := b.sub(v, b.perGroup(m, v.shape))
	s := b.one("rsqrt", b.plus(b.groupMeans(b.square(d)), eps))
	b.put(y, b.reshape(b.finished(b.mul(d, b.perGroup(s, v.shape)), gamma, beta, f), y.Shape...))
	b.put(mean, b.reshape(m, mean.Shape...))
	b.put(istd, b.reshape(s, istd.Shape...))
}

func (b *builder) batchNormGrad(
	dx, dgamma, dbeta, x, gamma, mean, istd, dy, y tensor, groups int,
) {
	v, g := b.grouped(x, groups), b.grouped(dy, groups)
	if !y.Absent() {
		zero := b.like(v, 0)
		g = b.choose(b.grouped(y, groups), "GT", zero, g, zero)
	}
	c := x.Cols()
	s := b.perGroup(b.reshape(b.in(istd), groups, c), v.shape)
	h := b.mul(b.sub(v, b.perGroup(b.reshape(b.in(mean), groups, c), v.shape)), s)
	if !dgamma.Absent() {
		b.put(line(dgamma), b.sum(b.mul(g, h), 0, 1))
	}
	if !dbeta.Absent() {
		b.put(line(dbeta), b.sum(g, 0, 1))
	}
	if !gamma.Absent() {
		g = b.mul(g, b.spread(b.in(line(gamma)), v.shape, 2))
	}
	along := b.mul(h, b.perGroup(b.groupMeans(b.mul(g, h)), v.shape))
	d := b.mul(s, b.sub(b.sub(g, b.perGroup(b.groupMeans(g), v.shape)), along))
	b.put(dx, b.reshape(d, dx.Shape...))
}

func (b *builder) updateRunning(
	mean, variance, batchMean, batchIStd tensor, rows int, eps, momentum float64,
) {
	c := mean.Len()
	groups := batchMean.Len() / c
	m := b.times(b.sum(b.reshape(b.in(batchMean), groups, c), 0), 1/float64(groups))
	s := b.reshape(b.in(batchIStd), groups, c)
	biased := b.plus(b.div(b.like(s, 1), b.square(s)), -eps)
	biased = b.two("maximum", biased, b.like(s, 0))
	v := b.times(b.sum(biased, 0), float64(rows)/float64(rows-1)/float64(groups))
	move := func(running tensor, to value) {
		old := b.in(line(running))
		b.put(line(running), b.add(old, b.times(b.sub(to, old), momentum)))
	}
	move(mean, m)
	move(variance, v)
}

func (b *builder) batchNormRunning(
	y, x, mean, variance, gamma, beta tensor, eps float64, f kernel.Finish,
) {
	v := b.in(flat(x))
	d := b.sub(v, b.perColumn(b.in(line(mean)), v.shape))
	s := b.one("rsqrt", b.plus(b.in(line(variance)), eps))
	b.put(flat(y), b.finished(b.mul(d, b.perColumn(s, v.shape)), gamma, beta, f))
}
