package portable

import (
	"math"

	"cmae/internal/kernel"
)

// GELU: y = x/2 (1 + erf(x/sqrt 2)).
func (m *machine[T]) GELU(y, x kernel.Tensor) {
	f := m.open()
	defer f.close()
	ys, xs := f.out(y), f.in(x)
	m.each(len(ys), elementGrain, func(lo, hi int) { gelu(ys[lo:hi], xs[lo:hi]) })
}

// GELUGrad: dx = dy gelu'(x).
func (m *machine[T]) GELUGrad(dx, x, dy kernel.Tensor) {
	f := m.open()
	defer f.close()
	dxs, xs, dys := f.out(dx), f.in(x), f.in(dy)
	m.each(len(xs), elementGrain, func(lo, hi int) { geluGrad(dxs[lo:hi], xs[lo:hi], dys[lo:hi]) })
}

func geluLoop[T float](y, x []T) {
	y = y[:len(x)]
	for i, v := range x {
		phi, _ := normal(v)
		y[i] = v * phi
	}
}

func geluGradLoop[T float](dx, x, dy []T) {
	dx, dy = dx[:len(x)], dy[:len(x)]
	for i, v := range x {
		phi, density := normal(v)
		dx[i] = dy[i] * (phi + v*density)
	}
}

// normal is the standard normal distribution at x and its density: exact in float64, normal32 in float32.
func normal[T float](x T) (distribution, density T) {
	if v, ok := any(x).(float32); ok {
		d, e := normal32(v)
		return T(d), T(e)
	}
	v := float64(x)
	return T(math.Erfc(-v/math.Sqrt2) / 2), T(math.Exp(-v*v/2) / sqrt2Pi)
}

// Constants of the distribution: those of erf are halved and take x instead of z.
const (
	sqrt2Pi  = 2.50662827463100050242
	erfSlope = 0.3275911 / math.Sqrt2
	erf1     = 0.254829592 / 2
	erf2     = -0.284496736 / 2
	erf3     = 1.421413741 / 2
	erf4     = -1.453152027 / 2
	erf5     = 1.061405429 / 2
)

// normal32 is Abramowitz and Stegun 7.1.26, which is within 1.5e-7 of erf: with z = |x|/sqrt 2 and t = 1/(1+.3275911 z),
// 1-erf(z) = t(a1 + t(a2 + ..)) e^(-z^2). Distribution and density share the exponential, and the left tail has no cancellation.
func normal32(x float32) (distribution, density float32) {
	e := exp32(-0.5 * x * x)
	z := x
	if z < 0 {
		z = -z
	}
	t := 1 / (1 + erfSlope*z)
	p := float32(erf5)
	p = p*t + erf4
	p = p*t + erf3
	p = p*t + erf2
	p = p*t + erf1
	tail := p * t * e
	if x > 0 {
		tail = 1 - tail
	}
	return tail, e / sqrt2Pi
}
