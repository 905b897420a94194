package xla

import "cmae/internal/kernel"

// perRow repeats what there is for each row, which is all dimensions but the last, along columns.
func (b *builder) perRow(x value, shape []int) value {
	dims := make([]int, len(shape)-1)
	for i := range dims {
		dims[i] = i
	}
	return b.spread(x, shape, dims...)
}

// perColumn repeats what there is for each column along [R,C].
func (b *builder) perColumn(x value, shape []int) value { return b.spread(x, shape, 1) }

// means of the rows [R,C].
func (b *builder) means(x value) value { return b.times(b.sum(x, 1), 1/float64(x.shape[1])) }

func (b *builder) layerNorm(y, mean, rstd, x, gamma, beta tensor, eps float64) {
	v := b.in(flat(x))
	m := b.means(v)
	d := b.sub(v, b.perRow(m, v.shape))
	r := b.one("rsqrt", b.plus(b.means(b.square(d)), eps))
	h := b.mul(d, b.perRow(r, v.shape))
	h = b.mul(h, b.perColumn(b.in(line(gamma)), v.shape))
	b.put(flat(y), b.add(h, b.perColumn(b.in(line(beta)), v.shape)))
	if !mean.Absent() {
		b.put(line(mean), m)
		b.put(line(rstd), r)
	}
}

func (b *builder) layerNormGrad(dx, dgamma, dbeta, x, gamma, mean, rstd, dy tensor) {
	v, g := b.in(flat(x)), b.in(flat(dy))
	r := b.perRow(b.in(line(rstd)), v.shape)
	h := b.mul(b.sub(v, b.perRow(b.in(line(mean)), v.shape)), r)
	b.put(line(dgamma), b.sum(b.mul(g, h), 0))
	b.put(line(dbeta), b.sum(g, 0))
	g = b.mul(g, b.perColumn(b.in(line(gamma)), v.shape))
	along := b.mul(h, b.perRow(b.means(b.mul(g, h)), v.shape))
	b.put(flat(dx), b.mul(r, b.sub(b.sub(g, b.perRow(b.means(g), v.shape)), along)))
}

func (b *builder) l2Normalize(y, norm, x tensor) {
	v := b.in(flat(x))
	n := b.one("sqrt", b.sum(b.square(v), 1))
	n = b.two("maximum", n, b.like(n, kernel.MinLength))
	b.put(flat(y), b.div(v, b.perRow(n, v.shape)))
	b.put(line(norm), n)
}

func (b *builder) l2NormalizeGrad(dx, y, norm, dy tensor) {
	v, g := b.in(flat(y)), b.in(flat(dy))
	along := b.perRow(b.sum(b.mul(v, g), 1), v.shape)
	b.put(flat(dx), b.div(b.sub(g, b.mul(v, along)), b.perRow(b.in(line(norm)), v.shape)))
}

func (b *builder) standardize(y, x tensor, eps float64) {
	v := b.in(flat(x))
	d := b.sub(v, b.perRow(b.means(v), v.shape))
	variance := b.times(b.sum(b.square(d), 1), 1/max(float64(x.Cols()-1), 1))
	b.put(flat(y), b.div(d, b.perRow(b.one("sqrt", b.plus(variance, eps)), v.shape)))
}
