package portable

import "cmae/internal/kernel"

// InfoNCE: mean over b of -log softmax of the positive's similarity among all of them, divided by
// tau.
func (m *machine[T]) InfoNCE(loss, probs, zq, zk, queue kernel.Tensor, first int, tau float64) {
	f := m.open()
	defer f.close()
	c := contrast[T]{
		probs: f.out(probs), own: f.in(zk), queue: f.in(queue), rows: zq.Rows(), cols: zq.Cols(),
		first: first,
	}
	f.out(loss)[0] = T(c.forward(f, f.in(zq), tau))
}

// InfoNCEGrad: dzq[B,C].
func (m *machine[T]) InfoNCEGrad(
	dzq, probs, zk, queue, dloss kernel.Tensor, first int, tau float64,
) {
	f := m.open()
	defer f.close()
	c := contrast[T]{
		probs: f.in(probs), own: f.in(zk), queue: f.in(queue), rows: dzq.Rows(), cols: dzq.Cols(),
		first: first,
	}
	factor := float64(f.in(dloss)[0]) / tau / float64(c.rows)
	c.backward(m, f.out(dzq), T(factor))
}

// contrast is B queries and what they are compared with: the similarities are [B,K] with the
// positives on the diagonal that begins in column first, or, with a queue, [B,1+Q] with the
// positives in column 0.
type contrast[T float] struct {
	probs, own, queue []T
	rows, cols, first int
}

// keys are what all queries are compared with, the similarities to them, their number, and how many
// columns stand before these in a row of probs.
func (c contrast[T]) keys() (keys []T, similar matrix[T], count, before int) {
	keys = c.own
	if c.queue != nil {
		keys, before = c.queue, 1
	}
	count = len(keys) / c.cols
	similar = matrix[T]{
		data: c.probs[before:], rows: c.rows, cols: count, down: before + count, right: 1,
	}
	return keys, similar, count, before
}

// positive is the column of query i's own key.
func (c contrast[T]) positive(i int) int {
	if c.queue != nil {
		return 0
	}
	return c.first + i
}

// forward returns the loss and leaves the softmax in probs.
func (c contrast[T]) forward(f *frame[T], zq []T, tau float64) float64 {
	keys, similar, count, before := c.keys()
	f.multiply(
		product[T]{
			c: similar, a: dense(zq, c.rows, c.cols), b: dense(keys, count, c.cols).transposed(),
			alpha: T(1 / tau),
		},
	)
	losses, width := f.sums(c.rows), before+count
	f.rows(c.rows, width, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			row := c.probs[i*width : (i+1)*width]
			if c.queue != nil {
				at := i * c.cols
				row[0] = T(dot(zq[at:at+c.cols], c.own[at:at+c.cols]) / tau)
			}
			own := float64(row[c.positive(i)])
			losses[i] = softmax(row) - own
		}
	})
	return sum(losses) / float64(c.rows)
}

// backward: dzq_b = factor (sum over all keys of prob key - own key).
func (c contrast[T]) backward(m *machine[T], dzq []T, factor T) {
	keys, weights, count, before := c.keys()
	p := product[T]{
		c: dense(dzq, c.rows, c.cols), a: weights, b: dense(keys, count, c.cols), alpha: factor,
	}
	p.finish = func(i0, i1, j0, j1 int) {
		for i := i0; i < i1; i++ {
			weight := -factor
			if c.queue != nil {
				weight = factor * (c.probs[i*(before+count)] - 1)
			}
			own := c.own[(c.first+i)*c.cols : (c.first+i+1)*c.cols]
			to := dzq[i*c.cols : (i+1)*c.cols]
			for j := j0; j < j1; j++ {
				to[j] += weight * own[j]
			}
		}
	}
	m.multiply(p)
}
