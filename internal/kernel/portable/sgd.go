package portable

import "cmae/internal/kernel"

// SGD is one step of momentum with coupled weight decay in one pass over p, g, v and what follows
// p.
func (m *arithmetic[T]) SGD(p, g, velocity kernel.Tensor, h kernel.SGD) {
	ps, gs, vs := kernel.Slice[T](p), kernel.Slice[T](g), kernel.Slice[T](velocity)
	next := fusedOutputsOf[T](h.FusedOutputs, h.EMADecay)
	m.each(len(ps), elementGrain, func(lo, hi int) {
		for ; lo < hi; lo += updateBlock {
			to := min(lo+updateBlock, hi)
			p, v := ps[lo:to], vs[lo:to]
			follow(v, gs[lo:to], T(h.Momentum), T(h.GradScale)) // v = momentum v + scale g
			if h.WeightDecay != 0 {
				follow(v, p, 1, T(h.WeightDecay)) // v = v + decay p
			}
			follow(p, v, 1, T(-h.LR)) // p = p - rate v
			next.update(ps, lo, to)
		}
	})
}
