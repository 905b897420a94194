package kernel

// Losses reduce to one number, loss[] (a scalar Tensor), and their gradients take the scalar
// dloss[]. An engine may have any of these interfaces.

// MaskedError is the reconstruction's.
type MaskedError interface {
	// MaskedMSE: mean over P of (pred-target)^2, then mean over the patches whose hidden[b,n] is 1.
	// pred, target [B,N,P], hidden [B,N].
	MaskedMSE(loss, pred, target, hidden Tensor)
	MaskedMSEGrad(dpred, pred, target, hidden, dloss Tensor)
}

// SquaredErrors add up.
type SquaredErrors interface {
	// SquaredError: scale * sum of (x-target)^2.
	SquaredError(loss, x, target Tensor, scale float64)
	SquaredErrorGrad(dx, x, target, dloss Tensor, scale float64)
}

// CrossEntropy is against any distribution.
type CrossEntropy interface {
	// SoftCrossEntropy: mean over rows of -sum_c target log softmax(logits). probs[R,C] keeps the
	// softmax.
	SoftCrossEntropy(loss, probs, logits, target Tensor)
	SoftCrossEntropyGrad(dlogits, probs, target, dloss Tensor)
}

// Contrast is that of queries and keys.
type Contrast interface {
	// InfoNCE: mean over b of -log( e(zq_b.own_b) / (e(zq_b.own_b) + sum over negatives
	// e(zq_b.neg)) ), e(s) = exp(s/tau), for zq[B,C].
	//
	// zk[K,C] holds the keys of these images and, if K > B, of others: own_b is zk[first+b], and
	// negatives are the rest. probs is [B,K]. Where queue[Q,C] is present zk is [B,C], first is 0,
	// and negatives are the rows of the queue. probs is then [B,1+Q] with the positive first.
	InfoNCE(loss, probs, zq, zk, queue Tensor, first int, tau float64)
	// InfoNCEGrad: dzq[B,C]; zk and queue are constants.
	InfoNCEGrad(dzq, probs, zk, queue, dloss Tensor, first int, tau float64)
}

// LossSum is the total.
type LossSum interface {
	// WeightedSum: sum of weights[i] losses[i], all scalars.
	WeightedSum(total Tensor, losses []Tensor, weights []float64)
}
