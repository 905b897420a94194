package portable

import (
	"math"
	"sort"

	"cmae/internal/kernel"
	"cmae/internal/kernel/bfloat16"
)

// updateBlock is how many elements go through all steps of an update together: few enough that what
// one step wrote is in the cache of the core when the next one reads it.
const updateBlock = 1 << 12

// AdamW is one step of Loshchilov and Hutter's optimizer in one pass over p, g, m, v and what
// follows p.
func (m *arithmetic[T]) AdamW(p, g, mean, variance kernel.Tensor, h kernel.AdamW) {
	ps, gs, ms := kernel.Slice[T](p), kernel.Slice[T](g), kernel.Slice[T](mean)
	vs := kernel.Slice[T](variance)
	rates, next := ratesOf[T](h), fusedOutputsOf[T](h.FusedOutputs, h.EMADecay)
	m.each(len(ps), elementGrain, func(lo, hi int) {
		for ; lo < hi; lo += updateBlock {
			to := min(lo+updateBlock, hi)
			adamW(ps[lo:to], gs[lo:to], ms[lo:to], vs[lo:to], rates)
			next.update(ps, lo, to)
		}
	})
}

// EMA: ema = decay ema + (1-decay) p.
func (m *arithmetic[T]) EMA(ema, p kernel.Tensor, decay float64) {
	es, ps := kernel.Slice[T](ema), kernel.Slice[T](p)
	m.each(len(es), elementGrain, func(lo, hi int) {
		follow(es[lo:hi], ps[lo:hi], T(decay), T(1-decay))
	})
}

// Norm is one loop over the pieces of all tensors: most are small, and a loop over one would end
// before another goroutine has begun. NaN and Inf come through.
func (e *Engine) Norm(norm kernel.Tensor, ts []kernel.Tensor) {
	f := e.narrow.open()
	defer f.close()
	first := make([]int, len(ts)+1) // piece of each tensor
	for i, t := range ts {
		first[i+1] = first[i] + pieces(t.Len(), elementGrain)
	}
	parts := f.sums(first[len(ts)])
	e.narrow.each(len(parts), 1, func(piece, _ int) {
		i := sort.SearchInts(first, piece+1) - 1
		t, lo := ts[i], (piece-first[i])*elementGrain
		parts[piece] = e.of(t).sumSquares(t, lo, min(lo+elementGrain, t.Len()))
	})
	total := 0.0
	for i := range ts {
		total += sum(parts[first[i]:first[i+1]])
	}
	kernel.Slice[float64](norm)[0] = math.Sqrt(total)
}

// sumSquares of elements lo to hi.
func (m *arithmetic[T]) sumSquares(t kernel.Tensor, lo, hi int) float64 {
	f := m.open()
	defer f.close()
	xs := f.inPart(t, lo, hi)
	return dot(xs, xs)
}

// adamWRates are the factors of an update. The assembly reads them in this order.
type adamWRates[T float] struct {
	gradScale, beta1, rest1, beta2, rest2 T
	keep                                  T // of the parameter, after decay
	step                                  T // rate over 1-beta1^step
	root                                  T // 1 over the root of 1-beta2^step
	eps                                   T
}

func ratesOf[T float](h kernel.AdamW) adamWRates[T] {
	return adamWRates[T]{
		gradScale: T(h.GradScale), beta1: T(h.Beta1), rest1: T(1 - h.Beta1), beta2: T(h.Beta2),
		rest2: T(1 - h.Beta2), keep: T(1 - h.LR*h.WeightDecay),
		step: T(h.LR / (1 - math.Pow(h.Beta1, float64(h.Step)))),
		root: T(1 / math.Sqrt(1-math.Pow(h.Beta2, float64(h.Step)))),
		eps:  T(h.Eps),
	}
}

// fusedOutputs are the slices of kernel.FusedOutputs; nil where there is none.
type fusedOutputs[T float] struct {
	ema           []T
	keep, take    T
	copy, emaCopy []kernel.Bits16
}

func fusedOutputsOf[T float](h kernel.FusedOutputs, keep float64) fusedOutputs[T] {
	return fusedOutputs[T]{
		ema: kernel.Slice[T](h.EMA), keep: T(keep), take: T(1 - keep),
		copy: kernel.Slice[kernel.Bits16](h.Copy), emaCopy: kernel.Slice[kernel.Bits16](h.EMACopy),
	}
}

// update brings elements lo to hi up to date with p.
func (c fusedOutputs[T]) update(p []T, lo, hi int) {
	if c.copy != nil {
		bfloat16.Round(c.copy[lo:hi], p[lo:hi])
	}
	if c.ema != nil {
		follow(c.ema[lo:hi], p[lo:hi], c.keep, c.take)
	}
	if c.emaCopy != nil {
		bfloat16.Round(c.emaCopy[lo:hi], c.ema[lo:hi])
	}
}

func adamW[T float](p, g, m, v []T, r adamWRates[T]) {
	if narrow, ok := any(p).([]float32); ok {
		vector.adamW(
			narrow, any(g).([]float32), any(m).([]float32), any(v).([]float32),
			any(r).(adamWRates[float32]),
		)
		return
	}
	adamWLoop(p, g, m, v, r)
}

func adamWLoop[T float](p, g, m, v []T, r adamWRates[T]) {
	g, m, v = g[:len(p)], m[:len(p)], v[:len(p)]
	for i, w := range p {
		d := g[i] * r.gradScale
		m[i] = r.beta1*m[i] + r.rest1*d
		v[i] = r.beta2*v[i] + r.rest2*d*d
		p[i] = r.keep*w - r.step*m[i]/(T(math.Sqrt(float64(v[i])))*r.root+r.eps)
	}
}

// follow: target = keep target + take online.
func follow[T float](target, online []T, keep, take T) {
	if narrow, ok := any(target).([]float32); ok {
		vector.momentum(narrow, any(online).([]float32), float32(keep), float32(take))
		return
	}
	momentumLoop(target, online, keep, take)
}

func momentumLoop[T float](target, online []T, keep, take T) {
	target = target[:len(online)]
	for i, v := range online {
		target[i] = keep*target[i] + take*v
	}
}
