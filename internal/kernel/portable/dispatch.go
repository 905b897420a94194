package portable

import "cmae/internal/kernel"

// primitives is the part of an engine that exists once for each element type.
type primitives interface {
	kernel.Products
	kernel.Attention
	kernel.LayerNormalization
	kernel.Elementwise
	kernel.Rows
	fused

	AdamW(p, g, m, v kernel.Tensor, h kernel.AdamW)
	SGD(p, g, v kernel.Tensor, h kernel.SGD)
	EMA(ema, p kernel.Tensor, decay float64)
	sumSquares(t kernel.Tensor, lo, hi int) float64
}

var (
	_ primitives = (*arithmetic[float32])(nil)
	_ primitives = (*arithmetic[float64])(nil)
)

// of picks the arithmetic for a tensor: float64 for F64, float32 for all else.
func (e *Engine) of(t kernel.Tensor) primitives {
	if t.Type == kernel.F64 {
		return e.wide
	}
	return e.narrow
}

// Linear implements kernel.Products.
func (e *Engine) Linear(y, x, w kernel.Tensor, ep kernel.Epilogue) {
	e.of(y).Linear(y, x, w, ep)
}

// LinearGradInput implements kernel.Products.
func (e *Engine) LinearGradInput(dx, dy, w kernel.Tensor) {
	e.of(dx).LinearGradInput(dx, dy, w)
}

// LinearGradWeight implements kernel.Products.
func (e *Engine) LinearGradWeight(dw, db, dy, x kernel.Tensor) {
	e.of(dw).LinearGradWeight(dw, db, dy, x)
}

// Attention implements kernel.Attention.
func (e *Engine) Attention(out, probs, qkv kernel.Tensor, heads int) {
	e.of(out).Attention(out, probs, qkv, heads)
}

// AttentionGrad implements kernel.Attention.
func (e *Engine) AttentionGrad(dqkv, qkv, probs, dout kernel.Tensor, heads int) {
	e.of(dqkv).AttentionGrad(dqkv, qkv, probs, dout, heads)
}

// LayerNorm implements kernel.LayerNormalization.
func (e *Engine) LayerNorm(y, mean, rstd, x, gamma, beta kernel.Tensor, eps float64) {
	e.of(y).LayerNorm(y, mean, rstd, x, gamma, beta, eps)
}

// LayerNormGrad implements kernel.LayerNormalization.
func (e *Engine) LayerNormGrad(dx, dgamma, dbeta, x, gamma, mean, rstd, dy kernel.Tensor) {
	e.of(dx).LayerNormGrad(dx, dgamma, dbeta, x, gamma, mean, rstd, dy)
}

// Add implements kernel.Elementwise.
func (e *Engine) Add(c, a, b kernel.Tensor) {
	e.of(c).Add(c, a, b)
}

// Mul implements kernel.Elementwise.
func (e *Engine) Mul(c, a, b kernel.Tensor) {
	e.of(c).Mul(c, a, b)
}

// Scale implements kernel.Elementwise.
func (e *Engine) Scale(y, x kernel.Tensor, alpha float64) {
	e.of(y).Scale(y, x, alpha)
}

// Pow implements kernel.Elementwise.
func (e *Engine) Pow(y, x kernel.Tensor, p float64) {
	e.of(y).Pow(y, x, p)
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

// GatherRows implements kernel.Rows.
func (e *Engine) GatherRows(y, x, ids kernel.Tensor) {
	e.of(y).GatherRows(y, x, ids)
}

// ScatterRows implements kernel.Rows.
func (e *Engine) ScatterRows(dx, dy, ids kernel.Tensor) {
	e.of(dx).ScatterRows(dx, dy, ids)
}

// Softmax implements kernel.Rows.
func (e *Engine) Softmax(y, logSum, x kernel.Tensor) {
	e.of(y).Softmax(y, logSum, x)
}

// AdamW implements kernel.Updates.
func (e *Engine) AdamW(p, g, m, v kernel.Tensor, h kernel.AdamW) {
	e.of(p).AdamW(p, g, m, v, h)
}

// SGD implements kernel.Updates.
func (e *Engine) SGD(p, g, v kernel.Tensor, h kernel.SGD) {
	e.of(p).SGD(p, g, v, h)
}

// EMA implements kernel.Updates.
func (e *Engine) EMA(ema, p kernel.Tensor, decay float64) {
	e.of(ema).EMA(ema, p, decay)
}
