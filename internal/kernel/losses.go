package kernel

// Losses reduce to one number, loss[] (a scalar Tensor), and their gradients take the scalar
// dloss[]. An engine may have any of these interfaces.

// MaskedError is the error of the reconstruction, over the pixels of hidden patches (spec 1.9).
type MaskedError interface {
	// MaskedMSE: mean over P of (pred-target)^2, then mean over the patches whose hidden[b,n] is 1.
	// pred, target [B,N,P], hidden [B,N].
	MaskedMSE(loss, pred, target, hidden Tensor)
	MaskedMSEGrad(dpred, pred, target, hidden, dloss Tensor)
}

// SquaredErrors are sums of squares over all elements, as of the location term (spec 1.8).
type SquaredErrors interface {
	// SquaredError: scale * sum of (x-target)^2.
	SquaredError(loss, x, target Tensor, scale float64)
	SquaredErrorGrad(dx, x, target, dloss Tensor, scale float64)
}

// CrossEntropy compares the classes that logits[R,C] say with any distribution over them, target
// [R,C]: of mixed labels, or all in one class.
type CrossEntropy interface {
	// SoftCrossEntropy: mean over rows of -sum_c target log softmax(logits). probs[R,C] keeps the
	// softmax.
	SoftCrossEntropy(loss, probs, logits, target Tensor)
	SoftCrossEntropyGrad(dlogits, probs, target, dloss Tensor)
}

// Contrast tells an image's key among other images' by its query (spec 1.7).
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

// LossSum adds the terms of a loss up, each by its weight.
type LossSum interface {
	// WeightedSum: sum of weights[i] losses[i], all scalars.
	WeightedSum(total Tensor, losses []Tensor, weights []float64)
}
