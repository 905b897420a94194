package xla

import "cmae/internal/kernel"

// Each method records itself; builder's method of like name computes it.

func (e *Engine) Zero(t tensor)        { e.call((*builder).zero, t) }
func (e *Engine) Copy(dst, src tensor) { e.call((*builder).copy, dst, src) }
func (e *Engine) Cast(dst, src tensor) { e.call((*builder).cast, dst, src) }

func (e *Engine) Linear(y, x, w tensor, p kernel.Epilogue) { e.call((*builder).linear, y, x, w, p) }

func (e *Engine) LinearGradInput(dx, dy, w tensor) { e.call((*builder).linearGradInput, dx, dy, w) }

func (e *Engine) LinearGradWeight(dw, db, dy, x tensor) {
	e.call((*builder).linearGradWeight, dw, db, dy, x)
}

func (e *Engine) MatMul(c, x, y tensor, transX, transY bool, alpha float64) {
	e.call((*builder).matMul, c, x, y, transX, transY, alpha)
}

func (e *Engine) Attention(out, probs, qkv tensor, heads int) {
	e.call((*builder).attention, out, probs, qkv, heads)
}

func (e *Engine) AttentionGrad(dqkv, qkv, _, dout tensor, heads int) {
	e.call((*builder).attentionGrad, dqkv, qkv, dout, heads)
}

func (e *Engine) LayerNorm(y, mean, rstd, x, gamma, beta tensor, eps float64) {
	e.call((*builder).layerNorm, y, mean, rstd, x, gamma, beta, eps)
}

func (e *Engine) LayerNormGrad(dx, dgamma, dbeta, x, gamma, mean, rstd, dy tensor) {
	e.call((*builder).layerNormGrad, dx, dgamma, dbeta, x, gamma, mean, rstd, dy)
}

func (e *Engine) BatchNorm(
	y, mean, istd, x, gamma, beta tensor, eps float64, groups int, f kernel.Finish,
) {
	e.call((*builder).batchNorm, y, mean, istd, x, gamma, beta, eps, groups, f)
}

func (e *Engine) BatchNormGrad(
	dx, dgamma, dbeta, x, gamma, mean, istd, dy, y tensor, groups int,
) {
	e.call((*builder).batchNormGrad, dx, dgamma, dbeta, x, gamma, mean, istd, dy, y, groups)
}

func (e *Engine) UpdateRunning(
	mean, variance, batchMean, batchIStd tensor, rows int, eps, momentum float64,
) {
	e.call(
		(*builder).updateRunning, mean, variance, batchMean, batchIStd, rows, eps, momentum,
	)
}

func (e *Engine) BatchNormRunning(
	y, x, mean, variance, gamma, beta tensor, eps float64, f kernel.Finish,
) {
	e.call((*builder).batchNormRunning, y, x, mean, variance, gamma, beta, eps, f)
}

func (e *Engine) L2Normalize(y, norm, x tensor) { e.call((*builder).l2Normalize, y, norm, x) }

func (e *Engine) L2NormalizeGrad(dx, y, norm, dy tensor) {
	e.call((*builder).l2NormalizeGrad, dx, y, norm, dy)
}

func (e *Engine) Standardize(y, x tensor, eps float64) { e.call((*builder).standardize, y, x, eps) }

func (e *Engine) Add(c, x, y tensor)               { e.call((*builder).sumOf, c, x, y) }
func (e *Engine) Mul(c, x, y tensor)               { e.call((*builder).product, c, x, y) }
func (e *Engine) Scale(y, x tensor, alpha float64) { e.call((*builder).scale, y, x, alpha) }
func (e *Engine) Pow(y, x tensor, p float64)       { e.call((*builder).pow, y, x, p) }
func (e *Engine) GELU(y, x tensor)                 { e.call((*builder).gelu, y, x) }
func (e *Engine) GELUGrad(dx, x, dy tensor)        { e.call((*builder).geluGrad, dx, x, dy) }
func (e *Engine) ReLU(y, x tensor)                 { e.call((*builder).relu, y, x) }
func (e *Engine) ReLUGrad(dx, y, dy tensor)        { e.call((*builder).reluGrad, dx, y, dy) }
func (e *Engine) ScaleRows(y, x, s tensor)         { e.call((*builder).scaleRows, y, x, s) }
func (e *Engine) GatherRows(y, x, ids tensor)      { e.call((*builder).gatherRows, y, x, ids) }
func (e *Engine) ScatterRows(dx, dy, ids tensor) {
	e.call((*builder).scatterRows, dx, dy, ids)
}
func (e *Engine) Softmax(y, logSum, x tensor) { e.call((*builder).softmax, y, logSum, x) }
func (e *Engine) PermuteRows(y, x tensor, order []int) {
	e.call((*builder).permuteRows, y, x, order)
}

// WriteRows schedules where it writes.
func (e *Engine) WriteRows(table, x tensor, at []int32) {
	for _, row := range at {
		e.schedule(float64(row))
	}
	e.call((*builder).writeRows, table, x)
}

func (e *Engine) Patchify(patches, images tensor, p int, channelsLast bool) {
	e.call((*builder).patchify, patches, images, p, channelsLast)
}

func (e *Engine) GatherTokens(y, cls, x, pos, ids, keep tensor) {
	e.call((*builder).gatherTokens, y, cls, x, pos, ids, keep)
}

func (e *Engine) GatherTokensGrad(dcls, dx, dy, ids tensor) {
	e.call((*builder).gatherTokensGrad, dcls, dx, dy, ids)
}

func (e *Engine) GatherTokensGradPos(dpos, dy, ids, keep tensor) {
	e.call((*builder).gatherTokensGradPos, dpos, dy, ids, keep)
}

func (e *Engine) RestoreTokens(y, x, mask, pos, restore tensor) {
	e.call((*builder).restoreTokens, y, x, mask, pos, restore)
}

func (e *Engine) RestoreTokensGrad(dx, dmask, dy, restore tensor) {
	e.call((*builder).restoreTokensGrad, dx, dmask, dy, restore)
}

func (e *Engine) MergeTokens(y, a, m, restore tensor) {
	e.call((*builder).mergeTokens, y, a, m, restore)
}

func (e *Engine) MergeTokensGrad(da, dy, restore tensor) {
	e.call((*builder).mergeTokensGrad, da, dy, restore)
}

func (e *Engine) PoolTokens(y, x tensor, from, to int) {
	e.call((*builder).poolTokens, y, x, from, to)
}

func (e *Engine) PoolTokensGrad(dx, dy tensor, from, to int) {
	e.call((*builder).poolTokensGrad, dx, dy, from, to)
}

func (e *Engine) SliceTokens(y, x tensor, from, to int) {
	e.call((*builder).sliceTokens, y, x, from, to)
}

func (e *Engine) PadTokens(dx, dy tensor, from int) { e.call((*builder).padded, dx, dy, from) }
func (e *Engine) ConcatTokens(y, a, b tensor)       { e.call((*builder).concatTokens, y, a, b) }
func (e *Engine) Transpose(y, x tensor)             { e.call((*builder).transposed, y, x) }

func (e *Engine) MaskedMSE(loss, pred, target, hidden tensor) {
	e.call((*builder).maskedMSE, loss, pred, target, hidden)
}

func (e *Engine) MaskedMSEGrad(dpred, pred, target, hidden, dloss tensor) {
	e.call((*builder).maskedMSEGrad, dpred, pred, target, hidden, dloss)
}

func (e *Engine) SquaredError(loss, x, target tensor, scale float64) {
	e.call((*builder).squaredError, loss, x, target, scale)
}

func (e *Engine) SquaredErrorGrad(dx, x, target, dloss tensor, scale float64) {
	e.call((*builder).squaredErrorGrad, dx, x, target, dloss, scale)
}

func (e *Engine) SoftCrossEntropy(loss, probs, logits, target tensor) {
	e.call((*builder).softCrossEntropy, loss, probs, logits, target)
}

func (e *Engine) SoftCrossEntropyGrad(dlogits, probs, target, dloss tensor) {
	e.call((*builder).softCrossEntropyGrad, dlogits, probs, target, dloss)
}

func (e *Engine) InfoNCE(loss, probs, zq, zk, queue tensor, first int, tau float64) {
	e.call((*builder).infoNCE, loss, probs, zq, zk, queue, first, tau)
}

func (e *Engine) InfoNCEGrad(dzq, probs, zk, queue, dloss tensor, first int, tau float64) {
	e.call((*builder).infoNCEGrad, dzq, probs, zk, queue, dloss, first, tau)
}

func (e *Engine) WeightedSum(total tensor, losses []tensor, weights []float64) {
	e.call((*builder).weightedSum, total, losses, weights)
}

func (e *Engine) Conv2D(y, x, w, bias tensor, g kernel.Window) {
	e.call((*builder).conv2D, y, x, w, bias, g)
}

func (e *Engine) Conv2DGradInput(dx, dy, w tensor, g kernel.Window) {
	e.call((*builder).conv2DGradInput, dx, dy, w, g)
}

func (e *Engine) Conv2DGradWeight(dw, db, dy, x tensor, g kernel.Window) {
	e.call((*builder).conv2DGradWeight, dw, db, dy, x, g)
}

func (e *Engine) MaxPool2D(y, place, x tensor, g kernel.Window) {
	e.call((*builder).maxPool2D, y, place, x, g)
}

func (e *Engine) MaxPool2DGrad(dx, place, dy tensor, g kernel.Window) {
	e.call((*builder).maxPool2DGrad, dx, place, dy, g)
}

func (e *Engine) Norm(norm tensor, ts []tensor) { e.call((*builder).norm, norm, ts) }
