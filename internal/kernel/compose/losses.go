package compose

import "cmae/internal/kernel"

// distance is x - target.
func (w *work) distance(x, target kernel.Tensor) kernel.Tensor {
	d := w.scratch(x, x.Shape...)
	w.minus(d, x, target)
	return d
}

// MaskedMSE weighs the patches' errors by hidden.
func (c *composer) MaskedMSE(loss, pred, target, hidden kernel.Tensor) {
	w := c.begin()
	defer w.end()
	d := w.distance(pred, target)
	w.Mul(d, d, d)
	errors, share := w.scratch(d, d.Rows()), w.scratch(d)
	w.rowSums(errors, d)
	w.Mul(errors, errors, hidden)
	w.sum(loss, errors)
	w.sum(share, hidden)
	w.Pow(share, share, -1)
	w.Mul(loss, loss, share)
	w.Scale(loss, loss, 1/float64(d.Cols()))
}

// MaskedMSEGrad: 2 dloss (pred-target) hidden / P / sum(hidden).
func (c *composer) MaskedMSEGrad(dpred, pred, target, hidden, dloss kernel.Tensor) {
	w := c.begin()
	defer w.end()
	d, share := w.distance(pred, target), w.scratch(pred)
	w.perRow(rows(d), rows(d), hidden)
	w.sum(share, hidden)
	w.Pow(share, share, -1)
	w.Mul(share, share, dloss)
	w.times(dpred, d, share)
	w.Scale(dpred, dpred, 2/float64(d.Cols()))
}

// SquaredError adds the squares up.
func (c *composer) SquaredError(loss, x, target kernel.Tensor, scale float64) {
	w := c.begin()
	defer w.end()
	d := w.distance(x, target)
	w.Mul(d, d, d)
	w.sum(loss, d)
	w.Scale(loss, loss, scale)
}

// SquaredErrorGrad: 2 scale dloss (x-target).
func (c *composer) SquaredErrorGrad(dx, x, target, dloss kernel.Tensor, scale float64) {
	w := c.begin()
	defer w.end()
	w.times(dx, w.distance(x, target), dloss)
	w.Scale(dx, dx, 2*scale)
}

// SoftCrossEntropy: a row's is logSum sum(target) - target.logits.
func (c *composer) SoftCrossEntropy(loss, probs, logits, target kernel.Tensor) {
	w := c.begin()
	defer w.end()
	r := logits.Rows()
	each, total := w.scratch(logits, r), w.scratch(logits, r)
	hit := w.scratch(logits, logits.Shape...)
	w.Softmax(probs, each, logits)
	w.rowSums(total, target)
	w.Mul(each, each, total)
	w.Mul(hit, target, logits)
	w.rowSums(total, hit)
	w.minus(each, each, total)
	w.sum(loss, each)
	w.Scale(loss, loss, 1/float64(r))
}

// SoftCrossEntropyGrad: dloss/R (probs sum(target) - target).
func (c *composer) SoftCrossEntropyGrad(dlogits, probs, target, dloss kernel.Tensor) {
	w := c.begin()
	defer w.end()
	total, d := w.scratch(probs, probs.Rows()), w.scratch(probs, probs.Shape...)
	w.rowSums(total, target)
	w.perRow(rows(d), rows(probs), total)
	w.minus(d, d, target)
	w.times(dlogits, d, dloss)
	w.Scale(dlogits, dlogits, 1/float64(probs.Rows()))
}

// InfoNCE: a query's is logSum - positive, over the similarities divided by tau.
func (c *composer) InfoNCE(loss, probs, zq, zk, queue kernel.Tensor, first int, tau float64) {
	w := c.begin()
	defer w.end()
	b := zq.Shape[0]
	own, each, pairs := w.scratch(zq, b), w.scratch(zq, b), w.scratch(zq, zq.Shape...)
	w.Mul(pairs, zq, zk.Part(first, first+b))
	w.rowSums(own, pairs)
	w.Scale(own, own, 1/tau)
	if queue.Absent() {
		w.MatMul(probs, zq, zk, false, true, 1/tau)
	} else {
		q := queue.Shape[0]
		others := w.scratch(zq, b, q)
		w.MatMul(others, zq, queue, false, true, 1/tau)
		w.ConcatTokens(probs.View(b, 1+q, 1), own.View(b, 1, 1), others.View(b, q, 1))
	}
	w.Softmax(probs, each, probs)
	w.minus(each, each, own)
	w.sum(loss, each)
	w.Scale(loss, loss, 1/float64(b))
}

// InfoNCEGrad: dloss/tau/B (sum over all keys of prob key - own).
func (c *composer) InfoNCEGrad(
	dzq, probs, zk, queue, dloss kernel.Tensor, first int, tau float64,
) {
	w := c.begin()
	defer w.end()
	b := dzq.Shape[0]
	d := w.scratch(dzq, dzq.Shape...)
	if queue.Absent() {
		w.MatMul(d, probs, zk, false, false, 1)
	} else {
		columns := probs.View(b, probs.Cols(), 1)
		w.MatMul(d, w.rest(columns).View(b, queue.Shape[0]), queue, false, false, 1)
		positive := w.scratch(zk, zk.Shape...)
		w.perRow(positive, zk, w.first(columns))
		w.Add(d, d, positive)
	}
	w.minus(d, d, zk.Part(first, first+b))
	w.times(dzq, d, dloss)
	w.Scale(dzq, dzq, 1/tau/float64(b))
}

// WeightedSum adds one after the other.
func (c *composer) WeightedSum(total kernel.Tensor, losses []kernel.Tensor, weights []float64) {
	w := c.begin()
	defer w.end()
	w.Scale(total, losses[0], weights[0])
	part := w.scratch(total)
	for i, l := range losses[1:] {
		w.Scale(part, l, weights[i+1])
		w.Add(total, total, part)
	}
}
