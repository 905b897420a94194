package portable

import "cmae/internal/kernel"

// InfoNCE: mean over b of -log softmax of the positive's similarity among all of them, divided by
// tau.
func (m *machine[T]) InfoNCE(loss, probs, zq, zk, queue kernel.Tensor, tau float64) {
	f := m.open()
	defer f.close()
	f.out(loss)[0] = T(infoNCE(f, f.out(probs), f.in(zq), f.in(zk), f.in(queue), zq.Cols(), tau))
}

// InfoNCEGrad: dzq[B,C].
func (m *machine[T]) InfoNCEGrad(dzq, probs, zk, queue, dloss kernel.Tensor, tau float64) {
	f := m.open()
	defer f.close()
	factor := float64(f.in(dloss)[0]) / tau / float64(zk.Rows())
	infoNCEGrad(m, f.out(dzq), f.in(probs), f.in(zk), f.in(queue), zk.Cols(), T(factor))
}

// infoNCE: the similarities are [B,B] with the positives on the diagonal, or [B,1+Q] with the
// positives first.
func infoNCE[T float](f *frame[T], probs, zq, zk, queue []T, c int, tau float64) float64 {
	b := len(zq) / c
	width, keys, first := b, zk, 0
	if queue != nil {
		width, keys, first = 1+len(queue)/c, queue, 1
	}
	similar := matrix[T]{data: probs[first:], rows: b, cols: width - first, down: width, right: 1}
	f.multiply(
		product[T]{
			c: similar, a: dense(zq, b, c), b: dense(keys, width-first, c).transposed(),
			alpha: T(1 / tau),
		},
	)
	losses := f.sums(b)
	f.rows(b, width, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			row, positive := probs[i*width:(i+1)*width], i
			if queue != nil {
				positive = 0
				row[0] = T(dot(zq[i*c:(i+1)*c], zk[i*c:(i+1)*c]) / tau)
			}
			own := float64(row[positive])
			losses[i] = softmax(row) - own
		}
	})
	return sum(losses) / float64(b)
}

// infoNCEGrad: dzq_b = factor (sum over all keys of prob key - zk_b).
func infoNCEGrad[T float](m *machine[T], dzq, probs, zk, queue []T, c int, factor T) {
	b := len(zk) / c
	width, keys, first := b, zk, 0
	if queue != nil {
		width, keys, first = 1+len(queue)/c, queue, 1
	}
	weights := matrix[T]{data: probs[first:], rows: b, cols: width - first, down: width, right: 1}
	p := product[T]{c: dense(dzq, b, c), a: weights, b: dense(keys, width-first, c), alpha: factor}
	p.finish = func(i0, i1, j0, j1 int) {
		for i := i0; i < i1; i++ {
			own := -factor
			if queue != nil {
				own = factor * (probs[i*width] - 1)
			}
			for j := i*c + j0; j < i*c+j1; j++ {
				dzq[j] += own * zk[j]
			}
		}
	}
	m.multiply(p)
}
