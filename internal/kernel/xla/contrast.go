package xla

// infoNCE takes logits against keys, of which own_b is at first+b, or with a queue against own and
// the queue.
func (b *builder) infoNCE(loss, probs, zq, zk, queue tensor, first int, tau float64) {
	q, k := b.in(zq), b.in(zk)
	n := q.shape[0]
	own := b.times(b.sum(b.mul(q, b.slice(k, 0, first, first+n)), 1), 1/tau)
	var logits value
	if queue.Absent() {
		logits = b.times(b.dot(q, k, 0, 1, 1, q.t), 1/tau)
	} else {
		others := b.times(b.dot(q, b.in(queue), 0, 1, 1, q.t), 1/tau)
		logits = b.concat(1, b.reshape(own, n, 1), others)
	}
	total := b.logSums(logits)
	b.put(probs, b.one("exponential", b.sub(logits, b.perRow(total, logits.shape))))
	b.put(loss.View(), b.times(b.total(b.sub(total, own)), 1/float64(n)))
}

func (b *builder) infoNCEGrad(dzq, probs, zk, queue, dloss tensor, first int, tau float64) {
	p, k := b.in(probs), b.in(zk)
	n := p.shape[0]
	own := b.slice(k, 0, first, first+n)
	var g value
	if queue.Absent() {
		g = b.sub(b.dot(p, k, 0, 1, 0, k.t), own)
	} else {
		others := b.dot(b.slice(p, 1, 1, p.shape[1]), b.in(queue), 0, 1, 0, k.t)
		excess := b.plus(b.reshape(b.slice(p, 1, 0, 1), n), -1)
		g = b.add(others, b.mul(own, b.perRow(excess, own.shape)))
	}
	b.put(dzq, b.everywhere(b.times(g, 1/tau/float64(n)), b.scalar(dloss)))
}
