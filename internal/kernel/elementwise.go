package kernel

// Elementwise works on tensors of one length.
type Elementwise interface {
	// Add: c = a + b. Mul: c = a b. c may be a or b.
	Add(c, a, b Tensor)
	Mul(c, a, b Tensor)
	// Scale: y = alpha x. Pow: y = x^p, for x >= 0 or a whole p. y may be x.
	Scale(y, x Tensor, alpha float64)
	Pow(y, x Tensor, p float64)
	// GELU: y = x/2 (1 + erf(x/sqrt 2)). GELUGrad: dx = dy gelu'(x). Any of them may be BF16.
	GELU(y, x Tensor)
	GELUGrad(dx, x, dy Tensor)
	// ReLU: y = max(x,0). ReLUGrad: dx = dy where y > 0, else 0.
	ReLU(y, x Tensor)
	ReLUGrad(dx, y, dy Tensor)
}

// RowScaling has one factor for each image (drop path); an engine may have it.
type RowScaling interface {
	// ScaleRows: y[B,...] = x[B,...] s[B].
	ScaleRows(y, x, s Tensor)
}
