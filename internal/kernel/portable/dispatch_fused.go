package portable

import "cmae/internal/kernel"

// fused are the operations beyond kernel.Core, but for those that move memory.
type fused interface {
	kernel.MatrixProduct
	kernel.BatchNormalization
	kernel.RunningStatistics
	kernel.L2Normalization
	kernel.Standardization
	kernel.RowScaling
	kernel.Convolution
	kernel.MaxPooling
	kernel.Patches
	kernel.TokenGathering
	kernel.TokenRestoring
	kernel.TokenMerging
	kernel.TokenPooling
	kernel.TokenSlicing
	kernel.Transposition
	kernel.MaskedError
	kernel.SquaredErrors
	kernel.CrossEntropy
	kernel.Contrast
	kernel.LossSum
}

// MatMul implements kernel.MatrixProduct.
func (e *Engine) MatMul(c, a, b kernel.Tensor, transA, transB bool, alpha float64) {
	e.of(c).MatMul(c, a, b, transA, transB, alpha)
}

// BatchNorm implements kernel.BatchNormalization.
func (e *Engine) BatchNorm(
	y, mean, istd, x, gamma, beta kernel.Tensor, eps float64, groups int, f kernel.Finish,
) {
	e.of(y).BatchNorm(y, mean, istd, x, gamma, beta, eps, groups, f)
}

// BatchNormGrad implements kernel.BatchNormalization.
func (e *Engine) BatchNormGrad(
	dx, dgamma, dbeta, x, gamma, mean, istd, dy, y kernel.Tensor, groups int,
) {
	e.of(dx).BatchNormGrad(dx, dgamma, dbeta, x, gamma, mean, istd, dy, y, groups)
}

// UpdateRunning implements kernel.RunningStatistics.
func (e *Engine) UpdateRunning(
	mean, variance, batchMean, batchIStd kernel.Tensor, rows int, eps, momentum float64,
) {
	e.of(mean).UpdateRunning(mean, variance, batchMean, batchIStd, rows, eps, momentum)
}

// BatchNormRunning implements kernel.RunningStatistics.
func (e *Engine) BatchNormRunning(
	y, x, mean, variance, gamma, beta kernel.Tensor, eps float64, f kernel.Finish,
) {
	e.of(y).BatchNormRunning(y, x, mean, variance, gamma, beta, eps, f)
}

// L2Normalize implements kernel.L2Normalization.
func (e *Engine) L2Normalize(y, norm, x kernel.Tensor) {
	e.of(y).L2Normalize(y, norm, x)
}

// L2NormalizeGrad implements kernel.L2Normalization.
func (e *Engine) L2NormalizeGrad(dx, y, norm, dy kernel.Tensor) {
	e.of(dx).L2NormalizeGrad(dx, y, norm, dy)
}

// Standardize implements kernel.Standardization.
func (e *Engine) Standardize(y, x kernel.Tensor, eps float64) {
	e.of(y).Standardize(y, x, eps)
}

// ScaleRows implements kernel.RowScaling.
func (e *Engine) ScaleRows(y, x, s kernel.Tensor) {
	e.of(y).ScaleRows(y, x, s)
}

// Conv2D implements kernel.Convolution.
func (e *Engine) Conv2D(y, x, w, bias kernel.Tensor, g kernel.Window) {
	e.of(y).Conv2D(y, x, w, bias, g)
}

// Conv2DGradInput implements kernel.Convolution.
func (e *Engine) Conv2DGradInput(dx, dy, w kernel.Tensor, g kernel.Window) {
	e.of(dx).Conv2DGradInput(dx, dy, w, g)
}

// Conv2DGradWeight implements kernel.Convolution.
func (e *Engine) Conv2DGradWeight(dw, db, dy, x kernel.Tensor, g kernel.Window) {
	e.of(dw).Conv2DGradWeight(dw, db, dy, x, g)
}

// MaxPool2D implements kernel.MaxPooling.
func (e *Engine) MaxPool2D(y, place, x kernel.Tensor, g kernel.Window) {
	e.of(y).MaxPool2D(y, place, x, g)
}

// MaxPool2DGrad implements kernel.MaxPooling.
func (e *Engine) MaxPool2DGrad(dx, place, dy kernel.Tensor, g kernel.Window) {
	e.of(dx).MaxPool2DGrad(dx, place, dy, g)
}

// Patchify implements kernel.Patches.
func (e *Engine) Patchify(patches, images kernel.Tensor, p int, channelsLast bool) {
	e.of(patches).Patchify(patches, images, p, channelsLast)
}

// GatherTokens implements kernel.TokenGathering.
func (e *Engine) GatherTokens(y, cls, x, pos, ids, keep kernel.Tensor) {
	e.of(y).GatherTokens(y, cls, x, pos, ids, keep)
}

// GatherTokensGrad implements kernel.TokenGathering.
func (e *Engine) GatherTokensGrad(dcls, dx, dy, ids kernel.Tensor) {
	e.of(dcls).GatherTokensGrad(dcls, dx, dy, ids)
}

// GatherTokensGradPos implements kernel.TokenGathering.
func (e *Engine) GatherTokensGradPos(dpos, dy, ids, keep kernel.Tensor) {
	e.of(dpos).GatherTokensGradPos(dpos, dy, ids, keep)
}

// RestoreTokens implements kernel.TokenRestoring.
func (e *Engine) RestoreTokens(y, x, mask, pos, restore kernel.Tensor) {
	e.of(y).RestoreTokens(y, x, mask, pos, restore)
}

// RestoreTokensGrad implements kernel.TokenRestoring.
func (e *Engine) RestoreTokensGrad(dx, dmask, dy, restore kernel.Tensor) {
	e.of(dx).RestoreTokensGrad(dx, dmask, dy, restore)
}

// MergeTokens implements kernel.TokenMerging.
func (e *Engine) MergeTokens(y, a, m, restore kernel.Tensor) {
	e.of(y).MergeTokens(y, a, m, restore)
}

// MergeTokensGrad implements kernel.TokenMerging.
func (e *Engine) MergeTokensGrad(da, dy, restore kernel.Tensor) {
	e.of(da).MergeTokensGrad(da, dy, restore)
}

// PoolTokens implements kernel.TokenPooling.
func (e *Engine) PoolTokens(y, x kernel.Tensor, from, to int) {
	e.of(y).PoolTokens(y, x, from, to)
}

// PoolTokensGrad implements kernel.TokenPooling.
func (e *Engine) PoolTokensGrad(dx, dy kernel.Tensor, from, to int) {
	e.of(dx).PoolTokensGrad(dx, dy, from, to)
}

// SliceTokens implements kernel.TokenSlicing.
func (e *Engine) SliceTokens(y, x kernel.Tensor, from, to int) {
	e.of(y).SliceTokens(y, x, from, to)
}

// PadTokens implements kernel.TokenSlicing.
func (e *Engine) PadTokens(dx, dy kernel.Tensor, from int) {
	e.of(dx).PadTokens(dx, dy, from)
}

// ConcatTokens implements kernel.TokenSlicing.
func (e *Engine) ConcatTokens(y, a, b kernel.Tensor) {
	e.of(y).ConcatTokens(y, a, b)
}

// Transpose implements kernel.Transposition.
func (e *Engine) Transpose(y, x kernel.Tensor) {
	e.of(y).Transpose(y, x)
}

// MaskedMSE implements kernel.MaskedError.
func (e *Engine) MaskedMSE(loss, pred, target, hidden kernel.Tensor) {
	e.of(loss).MaskedMSE(loss, pred, target, hidden)
}

// MaskedMSEGrad implements kernel.MaskedError.
func (e *Engine) MaskedMSEGrad(dpred, pred, target, hidden, dloss kernel.Tensor) {
	e.of(dpred).MaskedMSEGrad(dpred, pred, target, hidden, dloss)
}

// SquaredError implements kernel.SquaredErrors.
func (e *Engine) SquaredError(loss, x, target kernel.Tensor, scale float64) {
	e.of(loss).SquaredError(loss, x, target, scale)
}

// SquaredErrorGrad implements kernel.SquaredErrors.
func (e *Engine) SquaredErrorGrad(dx, x, target, dloss kernel.Tensor, scale float64) {
	e.of(dx).SquaredErrorGrad(dx, x, target, dloss, scale)
}

// SoftCrossEntropy implements kernel.CrossEntropy.
func (e *Engine) SoftCrossEntropy(loss, probs, logits, target kernel.Tensor) {
	e.of(loss).SoftCrossEntropy(loss, probs, logits, target)
}

// SoftCrossEntropyGrad implements kernel.CrossEntropy.
func (e *Engine) SoftCrossEntropyGrad(dlogits, probs, target, dloss kernel.Tensor) {
	e.of(dlogits).SoftCrossEntropyGrad(dlogits, probs, target, dloss)
}

// InfoNCE implements kernel.Contrast.
func (e *Engine) InfoNCE(loss, probs, zq, zk, queue kernel.Tensor, first int, tau float64) {
	e.of(loss).InfoNCE(loss, probs, zq, zk, queue, first, tau)
}

// InfoNCEGrad implements kernel.Contrast.
func (e *Engine) InfoNCEGrad(dzq, probs, zk, queue, dloss kernel.Tensor, first int, tau float64) {
	e.of(dzq).InfoNCEGrad(dzq, probs, zk, queue, dloss, first, tau)
}

// WeightedSum implements kernel.LossSum.
func (e *Engine) WeightedSum(total kernel.Tensor, losses []kernel.Tensor, weights []float64) {
	e.of(total).WeightedSum(total, losses, weights)
}
