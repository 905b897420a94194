package xla

import "cmae/internal/kernel"

// infoNCE takes logits against keys, of which own_b is at first+b, or with a queue against own and
// the queue.
//
// Where the positive is almost certain the loss is the logarithm of little more than 1: sums and
// logarithm are F64, since F32 would leave it three digits.
func (b *builder) infoNCE(loss, probs, zq, zk, queue tensor, first int, tau float64) {
	q, k := b.in(zq), b.in(zk)
	n := q.shape[0]
	var logits value
	if queue.Absent() {
		logits = b.times(b.dot(q, k, 0, 1, 1, q.t), 1/tau)
	} else {
		own := b.times(b.sum(b.mul(q, k), 1), 1/tau)
		others := b.times(b.dot(q, b.in(queue), 0, 1, 1, q.t), 1/tau)
		logits = b.concat(1, b.reshape(own, n, 1), others)
	}
	own := b.sum(b.positives(logits, logits, b.like(logits, 0), first, queue), 1)
	top := b.largest(logits, 1)
	e := b.one("exponential", b.sub(logits, b.perRow(top, logits.shape)))
	sum := b.sum(b.convert(e, kernel.F64), 1)
	b.put(probs, b.div(e, b.perRow(b.convert(sum, e.t), e.shape)))
	losses := b.add(b.one("log", sum), b.convert(b.sub(top, own), kernel.F64))
	b.put(loss.View(), b.times(b.total(losses), 1/float64(n)))
}

// positives is yes at the place of each row's own key, else no.
func (b *builder) positives(like, yes, no value, first int, queue tensor) value {
	column := b.iota(1, like.shape)
	if !queue.Absent() {
		return b.choose(column, "EQ", b.whole(0, like.shape), yes, no)
	}
	own := b.add(b.iota(0, like.shape), b.whole(first, like.shape))
	return b.choose(column, "EQ", own, yes, no)
}

// infoNCEGrad takes probabilities less 1 for the positive, which is what the others have together,
// negative: a difference from 1 would lose what is left of an almost certain positive.
func (b *builder) infoNCEGrad(dzq, probs, zk, queue, dloss tensor, first int, tau float64) {
	p, k := b.in(probs), b.in(zk)
	n := p.shape[0]
	others := b.sum(b.positives(p, b.like(p, 0), p, first, queue), 1)
	p = b.positives(p, b.perRow(b.times(others, -1), p.shape), p, first, queue)
	var g value
	if queue.Absent() {
		g = b.dot(p, k, 0, 1, 0, k.t)
	} else {
		g = b.dot(b.slice(p, 1, 1, p.shape[1]), b.in(queue), 0, 1, 0, k.t)
		g = b.add(g, b.mul(k, b.perRow(b.reshape(b.slice(p, 1, 0, 1), n), k.shape)))
	}
	b.put(dzq, b.everywhere(b.times(g, 1/tau/float64(n)), b.scalar(dloss)))
}
