package portable

import (
	"math"

	"cmae/internal/kernel"
)

// AdamW is one step of Loshchilov and Hutter's optimizer in one pass over p, g, m and v.
func (m *machine[T]) AdamW(p, g, mean, variance kernel.Tensor, h kernel.AdamW) {
	ps, gs, ms, vs := kernel.Slice[T](p), kernel.Slice[T](g), kernel.Slice[T](mean), kernel.Slice[T](variance)
	m.each(len(ps), elementGrain, func(lo, hi int) { adamW(ps[lo:hi], gs[lo:hi], ms[lo:hi], vs[lo:hi], h) })
}

// Momentum: target = m target + (1-m) online.
func (m *machine[T]) Momentum(target, online kernel.Tensor, momentum float64) {
	ts, os := kernel.Slice[T](target), kernel.Slice[T](online)
	keep, take := T(momentum), T(1-momentum)
	m.each(len(ts), elementGrain, func(lo, hi int) {
		for i, v := range os[lo:hi] {
			ts[lo+i] = keep*ts[lo+i] + take*v
		}
	})
}

// SumSquares of all elements.
func (m *machine[T]) SumSquares(t kernel.Tensor) float64 {
	f := m.open()
	defer f.close()
	xs := f.in(t)
	parts := f.sums(pieces(len(xs), elementGrain))
	m.each(len(xs), elementGrain, func(lo, hi int) { parts[lo/elementGrain] = dot(xs[lo:hi], xs[lo:hi]) })
	return sum(parts)
}

func adamW[T float](p, g, m, v []T, h kernel.AdamW) {
	b1, b2, eps, gradScale := T(h.Beta1), T(h.Beta2), T(h.Eps), T(h.GradScale)
	rest1, rest2 := T(1-h.Beta1), T(1-h.Beta2)
	keep := T(1 - h.LR*h.WeightDecay)
	step := T(h.LR / (1 - math.Pow(h.Beta1, float64(h.Step))))
	root := T(1 / math.Sqrt(1-math.Pow(h.Beta2, float64(h.Step))))
	g, m, v = g[:len(p)], m[:len(p)], v[:len(p)]
	for i, w := range p {
		d := g[i] * gradScale
		m[i] = b1*m[i] + rest1*d
		v[i] = b2*v[i] + rest2*d*d
		p[i] = keep*w - step*m[i]/(T(math.Sqrt(float64(v[i])))*root+eps)
	}
}
