package portable

import (
	"math"

	"cmae/internal/kernel"
)

// InfoNCE: mean over b of -log softmax of the positive's similarity among all of them, divided by
// tau.
func (m *arithmetic[T]) InfoNCE(loss, probs, zq, zk, queue kernel.Tensor, first int, tau float64) {
	f := m.open()
	defer f.close()
	c := contrast[T]{
		probs: f.out(probs), own: f.in(zk), queue: f.in(queue), rows: zq.Rows(), cols: zq.Cols(),
		first: first,
	}
	f.out(loss)[0] = T(c.forward(f, f.in(zq), tau))
}

// InfoNCEGrad: dzq[B,C].
func (m *arithmetic[T]) InfoNCEGrad(
	dzq, probs, zk, queue, dloss kernel.Tensor, first int, tau float64,
) {
	f := m.open()
	defer f.close()
	c := contrast[T]{
		probs: f.in(probs), own: f.in(zk), queue: f.in(queue), rows: dzq.Rows(), cols: dzq.Cols(),
		first: first,
	}
	factor := float64(f.in(dloss)[0]) / tau / float64(c.rows)
	c.backward(f, f.out(dzq), T(factor))
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
			losses[i] = identify(row, c.positive(i))
		}
	})
	return sum(losses) / float64(c.rows)
}

// identify turns a row of logits into probabilities in place and returns -log of the positive's.
// Where that is almost certain, its probability and the sum with the others are 1 but for the last
// digits of a float32: the loss is taken from the others' sum alone.
func identify[T float](row []T, positive int) (loss float64) {
	own := float64(row[positive])
	largest, _ := expRow(row)
	e := float64(row[positive])
	others := without(row, positive)
	inverse := T(1 / (e + others))
	for i := range row {
		row[i] *= inverse
	}
	if e > .5 {
		return math.Log1p(others / e)
	}
	return float64(largest) - own + math.Log(e+others)
}

// without is the sum of a row but for one element, in float64.
func without[T float](row []T, but int) float64 { return sum(row[:but]) + sum(row[but+1:]) }

// backward: dzq_b = factor (sum over all keys of prob key - own key). The own key's prob - 1 is
// what the others have together, negative, and not a difference that would lose their digits.
func (c contrast[T]) backward(f *frame[T], dzq []T, factor T) {
	keys, weights, count, before := c.keys()
	width := before + count
	own := f.scratch(c.rows)
	f.rows(c.rows, width, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			own[i] = -T(without(c.probs[i*width:(i+1)*width], c.positive(i)))
		}
	})
	p := product[T]{
		c: dense(dzq, c.rows, c.cols), b: dense(keys, count, c.cols), alpha: factor,
	}
	if c.queue == nil {
		weights.data = f.scratch(len(c.probs))
		copy(weights.data, c.probs)
		for i := range c.rows {
			weights.data[i*width+c.positive(i)] = own[i]
		}
		p.a = weights
		f.multiply(p)
		return
	}
	p.a = weights
	p.finish = func(i0, i1, j0, j1 int) {
		for i := i0; i < i1; i++ {
			weight, key := factor*own[i], c.own[i*c.cols:(i+1)*c.cols]
			for j := j0; j < j1; j++ {
				dzq[i*c.cols+j] += weight * key[j]
			}
		}
	}
	f.multiply(p)
}
