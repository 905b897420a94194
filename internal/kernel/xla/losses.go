package xla

// scalar is the one number of a tensor.
func (b *builder) scalar(t tensor) value { return b.in(t.View()) }

// everywhere multiplies x with a scalar.
func (b *builder) everywhere(x, factor value) value { return b.mul(x, b.spread(factor, x.shape)) }

func (b *builder) maskedMSE(loss, pred, target, hidden tensor) {
	p, t := b.pair(pred, target)
	h := b.in(hidden)
	rows := b.times(b.sum(b.square(b.sub(p, t)), 2), 1/float64(pred.Cols()))
	b.put(loss.View(), b.div(b.total(b.mul(rows, h)), b.total(h)))
}

func (b *builder) maskedMSEGrad(dpred, pred, target, hidden, dloss tensor) {
	p, t := b.pair(pred, target)
	h := b.in(hidden)
	d := b.mul(b.sub(p, t), b.perRow(h, p.shape))
	factor := b.div(b.times(b.scalar(dloss), 2/float64(pred.Cols())), b.total(h))
	b.put(dpred, b.everywhere(d, factor))
}

func (b *builder) squaredError(loss, x, target tensor, scale float64) {
	v, t := b.pair(x, target)
	b.put(loss.View(), b.times(b.total(b.square(b.sub(v, t))), scale))
}

func (b *builder) squaredErrorGrad(dx, x, target, dloss tensor, scale float64) {
	v, t := b.pair(x, target)
	b.put(dx, b.everywhere(b.times(b.sub(v, t), 2*scale), b.scalar(dloss)))
}

func (b *builder) softCrossEntropy(loss, probs, logits, target tensor) {
	v := b.in(flat(logits))
	l := b.sub(v, b.perRow(b.logSums(v), v.shape))
	b.put(flat(probs), b.one("exponential", l))
	mean := b.times(b.total(b.mul(b.in(flat(target)), l)), -1/float64(logits.Rows()))
	b.put(loss.View(), mean)
}

func (b *builder) softCrossEntropyGrad(dlogits, probs, target, dloss tensor) {
	t := b.in(flat(target))
	p := b.mul(b.in(flat(probs)), b.perRow(b.sum(t, 1), t.shape))
	d := b.times(b.sub(p, t), 1/float64(t.shape[0]))
	b.put(flat(dlogits), b.everywhere(d, b.scalar(dloss)))
}

func (b *builder) weightedSum(total tensor, losses []tensor, weights []float64) {
	sum := b.times(b.scalar(losses[0]), weights[0])
	for i, l := range losses[1:] {
		sum = b.add(sum, b.times(b.scalar(l), weights[i+1]))
	}
	b.put(total.View(), sum)
}
