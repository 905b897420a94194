package portable

import "cmae/internal/kernel"

// SoftCrossEntropy: mean over rows of -sum_c target log softmax(logits); probs keeps the softmax.
func (m *arithmetic[T]) SoftCrossEntropy(loss, probs, logits, target kernel.Tensor) {
	f := m.open()
	defer f.close()
	out, ps, xs, ts := f.out(loss), f.out(probs), f.in(logits), f.in(target)
	c := logits.Cols()
	r := len(xs) / c
	losses := f.sums(r)
	m.rows(r, c, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			x, p, t := xs[i*c:(i+1)*c], ps[i*c:(i+1)*c], ts[i*c:(i+1)*c]
			copy(p, x)
			losses[i] = softmax(p)*sum(t) - dot(t, x)
		}
	})
	out[0] = T(sum(losses) / float64(r))
}

// SoftCrossEntropyGrad: dlogits = dloss/R (probs sum(target) - target).
func (m *arithmetic[T]) SoftCrossEntropyGrad(dlogits, probs, target, dloss kernel.Tensor) {
	f := m.open()
	defer f.close()
	dxs, ps, ts := f.out(dlogits), f.in(probs), f.in(target)
	c := probs.Cols()
	r := len(ps) / c
	factor := f.in(dloss)[0] / T(r)
	m.rows(r, c, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			dx, p, t := dxs[i*c:(i+1)*c], ps[i*c:(i+1)*c], ts[i*c:(i+1)*c]
			total := T(sum(t))
			for j, v := range p {
				dx[j] = factor * (v*total - t[j])
			}
		}
	})
}

// WeightedSum: sum of weights[i] losses[i].
func (m *arithmetic[T]) WeightedSum(
	total kernel.Tensor, losses []kernel.Tensor, weights []float64,
) {
	var s float64
	for i, l := range losses {
		s += weights[i] * float64(kernel.Slice[T](l)[0])
	}
	kernel.Slice[T](total)[0] = T(s)
}
