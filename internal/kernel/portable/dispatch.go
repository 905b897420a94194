package portable

import "cmae/internal/kernel"

// primitives is the part of an engine that exists once for each element type.
type primitives interface {
	kernel.Dense
	kernel.Attention
	kernel.Convolution
	kernel.Normalization
	kernel.RunningStatistics
	kernel.Elementwise
	kernel.Tokens
	kernel.Losses
	kernel.Updates
}

var (
	_ primitives = (*machine[float32])(nil)
	_ primitives = (*machine[float64])(nil)
)

// of picks the arithmetic for a tensor: float64 for F64, float32 for all else.
func (e *Engine) of(t kernel.Tensor) primitives {
	if t.Type == kernel.F64 {
		return e.wide
	}
	return e.narrow
}

// Linear implements kernel.Dense.
func (e *Engine) Linear(y, x, w kernel.Tensor, ep kernel.Epilogue) {
	e.of(y).Linear(y, x, w, ep)
}

// LinearGradInput implements kernel.Dense.
func (e *Engine) LinearGradInput(dx, dy, w kernel.Tensor) {
	e.of(dx).LinearGradInput(dx, dy, w)
}

// LinearGradWeight implements kernel.Dense.
func (e *Engine) LinearGradWeight(dw, db, dy, x kernel.Tensor) {
	e.of(dw).LinearGradWeight(dw, db, dy, x)
}

// MatMul implements kernel.Dense.
func (e *Engine) MatMul(c, a, b kernel.Tensor, transA, transB bool, alpha float64) {
	e.of(c).MatMul(c, a, b, transA, transB, alpha)
}

// Attention implements kernel.Attention.
func (e *Engine) Attention(out, probs, qkv kernel.Tensor, heads int) {
	e.of(out).Attention(out, probs, qkv, heads)
}

// AttentionGrad implements kernel.Attention.
func (e *Engine) AttentionGrad(dqkv, qkv, probs, dout kernel.Tensor, heads int) {
	e.of(dqkv).AttentionGrad(dqkv, qkv, probs, dout, heads)
}

// LayerNorm implements kernel.Normalization.
func (e *Engine) LayerNorm(y, mean, rstd, x, gamma, beta kernel.Tensor, eps float64) {
	e.of(y).LayerNorm(y, mean, rstd, x, gamma, beta, eps)
}

// LayerNormGrad implements kernel.Normalization.
func (e *Engine) LayerNormGrad(dx, dgamma, dbeta, x, gamma, mean, rstd, dy kernel.Tensor) {
	e.of(dx).LayerNormGrad(dx, dgamma, dbeta, x, gamma, mean, rstd, dy)
}

// BatchNorm implements kernel.Normalization.
func (e *Engine) BatchNorm(
	y, mean, istd, x, gamma, beta kernel.Tensor, eps float64, groups int, f kernel.Finish,
) {
	e.of(y).BatchNorm(y, mean, istd, x, gamma, beta, eps, groups, f)
}

// BatchNormGrad implements kernel.Normalization.
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

// L2Normalize implements kernel.Normalization.
func (e *Engine) L2Normalize(y, norm, x kernel.Tensor) {
	e.of(y).L2Normalize(y, norm, x)
}

// L2NormalizeGrad implements kernel.Normalization.
func (e *Engine) L2NormalizeGrad(dx, y, norm, dy kernel.Tensor) {
	e.of(dx).L2NormalizeGrad(dx, y, norm, dy)
}

// Standardize implements kernel.Normalization.
func (e *Engine) Standardize(y, x kernel.Tensor, eps float64) {
	e.of(y).Standardize(y, x, eps)
}

// GELU implements kernel.Elementwise.
func (e *Engine) GELU(y, x kernel.Tensor) {
	e.of(y).GELU(y, x)
}

// GELUGrad implements kernel.Elementwise.
func (e *Engine) GELUGrad(dx, x, dy kernel.Tensor) {
	e.of(dx).GELUGrad(dx, x, dy)
}

// ReLU implements kernel.Elementwise.
func (e *Engine) ReLU(y, x kernel.Tensor) {
	e.of(y).ReLU(y, x)
}

// ReLUGrad implements kernel.Elementwise.
func (e *Engine) ReLUGrad(dx, y, dy kernel.Tensor) {
	e.of(dx).ReLUGrad(dx, y, dy)
}

// Add implements kernel.Elementwise.
func (e *Engine) Add(c, a, b kernel.Tensor) {
	e.of(c).Add(c, a, b)
}

// Scale implements kernel.Elementwise.
func (e *Engine) Scale(y, x kernel.Tensor, alpha float64) {
	e.of(y).Scale(y, x, alpha)
}

// ScaleRows implements kernel.Elementwise.
func (e *Engine) ScaleRows(y, x, s kernel.Tensor) {
	e.of(y).ScaleRows(y, x, s)
}

// Patchify implements kernel.Tokens.
func (e *Engine) Patchify(patches, images kernel.Tensor, p int, channelsLast bool) {
	e.of(patches).Patchify(patches, images, p, channelsLast)
}

// GatherTokens implements kernel.Tokens.
func (e *Engine) GatherTokens(y, cls, x, pos, ids, keep kernel.Tensor) {
	e.of(y).GatherTokens(y, cls, x, pos, ids, keep)
}

// GatherTokensGradPos implements kernel.Tokens.
func (e *Engine) GatherTokensGradPos(dpos, dy, ids, keep kernel.Tensor) {
	e.of(dpos).GatherTokensGradPos(dpos, dy, ids, keep)
}

// GatherTokensGrad implements kernel.Tokens.
func (e *Engine) GatherTokensGrad(dcls, dx, dy, ids kernel.Tensor) {
	e.of(dcls).GatherTokensGrad(dcls, dx, dy, ids)
}

// RestoreTokens implements kernel.Tokens.
func (e *Engine) RestoreTokens(y, x, mask, pos, restore kernel.Tensor) {
	e.of(y).RestoreTokens(y, x, mask, pos, restore)
}

// RestoreTokensGrad implements kernel.Tokens.
func (e *Engine) RestoreTokensGrad(dx, dmask, dy, restore kernel.Tensor) {
	e.of(dx).RestoreTokensGrad(dx, dmask, dy, restore)
}

// MergeTokens implements kernel.Tokens.
func (e *Engine) MergeTokens(y, a, m, restore kernel.Tensor) {
	e.of(y).MergeTokens(y, a, m, restore)
}

// MergeTokensGrad implements kernel.Tokens.
func (e *Engine) MergeTokensGrad(da, dy, restore kernel.Tensor) {
	e.of(da).MergeTokensGrad(da, dy, restore)
}

// PoolTokens implements kernel.Tokens.
func (e *Engine) PoolTokens(y, x kernel.Tensor, from, to int) {
	e.of(y).PoolTokens(y, x, from, to)
}

// PoolTokensGrad implements kernel.Tokens.
func (e *Engine) PoolTokensGrad(dx, dy kernel.Tensor, from, to int) {
	e.of(dx).PoolTokensGrad(dx, dy, from, to)
}

// SliceTokens implements kernel.Tokens.
func (e *Engine) SliceTokens(y, x kernel.Tensor, from, to int) {
	e.of(y).SliceTokens(y, x, from, to)
}

// PadTokens implements kernel.Tokens.
func (e *Engine) PadTokens(dx, dy kernel.Tensor, from int) {
	e.of(dx).PadTokens(dx, dy, from)
}

// ConcatTokens implements kernel.Tokens.
func (e *Engine) ConcatTokens(y, a, b kernel.Tensor) {
	e.of(y).ConcatTokens(y, a, b)
}

// Transpose implements kernel.Tokens.
func (e *Engine) Transpose(y, x kernel.Tensor) {
	e.of(y).Transpose(y, x)
}

// MaskedMSE implements kernel.Losses.
func (e *Engine) MaskedMSE(loss, pred, target, hidden kernel.Tensor) {
	e.of(loss).MaskedMSE(loss, pred, target, hidden)
}

// MaskedMSEGrad implements kernel.Losses.
func (e *Engine) MaskedMSEGrad(dpred, pred, target, hidden, dloss kernel.Tensor) {
	e.of(dpred).MaskedMSEGrad(dpred, pred, target, hidden, dloss)
}

// SquaredError implements kernel.Losses.
func (e *Engine) SquaredError(loss, x, target kernel.Tensor, scale float64) {
	e.of(loss).SquaredError(loss, x, target, scale)
}

// SquaredErrorGrad implements kernel.Losses.
func (e *Engine) SquaredErrorGrad(dx, x, target, dloss kernel.Tensor, scale float64) {
	e.of(dx).SquaredErrorGrad(dx, x, target, dloss, scale)
}

// SoftCrossEntropy implements kernel.Losses.
func (e *Engine) SoftCrossEntropy(loss, probs, logits, target kernel.Tensor) {
	e.of(loss).SoftCrossEntropy(loss, probs, logits, target)
}

// SoftCrossEntropyGrad implements kernel.Losses.
func (e *Engine) SoftCrossEntropyGrad(dlogits, probs, target, dloss kernel.Tensor) {
	e.of(dlogits).SoftCrossEntropyGrad(dlogits, probs, target, dloss)
}

// InfoNCE implements kernel.Losses.
func (e *Engine) InfoNCE(loss, probs, zq, zk, queue kernel.Tensor, tau float64) {
	e.of(loss).InfoNCE(loss, probs, zq, zk, queue, tau)
}

// InfoNCEGrad implements kernel.Losses.
func (e *Engine) InfoNCEGrad(dzq, probs, zk, queue, dloss kernel.Tensor, tau float64) {
	e.of(dzq).InfoNCEGrad(dzq, probs, zk, queue, dloss, tau)
}

// WeightedSum implements kernel.Losses.
func (e *Engine) WeightedSum(total kernel.Tensor, losses []kernel.Tensor, weights []float64) {
	e.of(total).WeightedSum(total, losses, weights)
}

// AdamW implements kernel.Updates.
func (e *Engine) AdamW(p, g, m, v kernel.Tensor, h kernel.AdamW) {
	e.of(p).AdamW(p, g, m, v, h)
}

// SGD implements kernel.Updates.
func (e *Engine) SGD(p, g, v kernel.Tensor, h kernel.SGD) {
	e.of(p).SGD(p, g, v, h)
}

// Momentum implements kernel.Updates.
func (e *Engine) Momentum(target, online kernel.Tensor, m float64) {
	e.of(target).Momentum(target, online, m)
}

// SumSquares implements kernel.Updates.
func (e *Engine) SumSquares(t kernel.Tensor) float64 {
	return e.of(t).SumSquares(t)
}
