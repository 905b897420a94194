package xla

import (
	"math"
)

func (b *builder) zero(t tensor)        { b.put(t, b.fill(0, t.Type, t.Shape...)) }
func (b *builder) copy(dst, src tensor) { b.put(dst, b.get(src)) }
func (b *builder) cast(dst, src tensor) { b.put(dst, b.get(src)) }

// pair are two operands of one length, the second in the shape of the first.
func (b *builder) pair(x, y tensor) (value, value) { return b.in(x), b.in(y.View(x.Shape...)) }

func (b *builder) sumOf(c, x, y tensor) {
	v, w := b.pair(x, y)
	b.put(c, b.add(v, w))
}

func (b *builder) product(c, x, y tensor) {
	v, w := b.pair(x, y)
	b.put(c, b.mul(v, w))
}

func (b *builder) scale(y, x tensor, alpha float64) { b.put(y, b.times(b.in(x), alpha)) }

func (b *builder) pow(y, x tensor, p float64) {
	v := b.in(x)
	switch p {
	case 2:
		v = b.square(v)
	case 0.5:
		v = b.one("sqrt", v)
	case -0.5:
		v = b.one("rsqrt", v)
	case -1:
		v = b.div(b.like(v, 1), v)
	default:
		v = b.two("power", v, b.like(v, p))
	}
	b.put(y, v)
}

// cdf is the distribution function of the normal distribution.
func (b *builder) cdf(x value) value {
	z := b.times(x, math.Sqrt2/2)
	e := b.emit(z.t, z.shape, "chlo.erf %s : %s -> %s", z.name, z.typ(), z.typ())
	return b.times(b.plus(e, 1), 0.5)
}

func (b *builder) geluOf(x value) value { return b.mul(x, b.cdf(x)) }

func (b *builder) gelu(y, x tensor) { b.put(y, b.geluOf(b.in(x))) }

func (b *builder) geluGrad(dx, x, dy tensor) {
	v, d := b.pair(x, dy)
	pdf := b.times(b.one("exponential", b.times(b.square(v), -0.5)), 1/math.Sqrt(2*math.Pi))
	b.put(dx, b.mul(d, b.add(b.cdf(v), b.mul(v, pdf))))
}

func (b *builder) relu(y, x tensor) {
	v := b.in(x)
	b.put(y, b.two("maximum", v, b.like(v, 0)))
}

func (b *builder) reluGrad(dx, y, dy tensor) {
	v, d := b.pair(y, dy)
	zero := b.like(v, 0)
	b.put(dx, b.choose(v, "GT", zero, d, zero))
}

func (b *builder) scaleRows(y, x, s tensor) {
	v := b.in(x.View(s.Len(), x.Len()/s.Len()))
	b.put(y, b.mul(v, b.perRow(b.in(line(s)), v.shape)))
}

// by multiplies with the next scheduled number.
func (b *builder) by(x value) value { return b.mul(x, b.spread(b.number(x.t), x.shape)) }

// average is the moving average of target towards x, by two scheduled numbers.
func (b *builder) average(target tensor, x value) value {
	return b.add(b.by(b.in(target)), b.by(x))
}
