package kernel

// Window is how a square kernel moves over an image, as in a convolution or a pool.
type Window struct {
	H, W int // of the input, in pixels
	Side int // of the kernel
	// Pad is the width of a border, at every edge, of zeros (convolution) or of nothing (pool)
	Stride, Pad int
}

// Out is the size of the result: every place where the kernel fits into the image and its border.
func (w Window) Out() (height, width int) {
	return (w.H+2*w.Pad-w.Side)/w.Stride + 1, (w.W+2*w.Pad-w.Side)/w.Stride + 1
}

// Convolution works on images as sequences of pixels, row by row, channels last: x[B,H*W,C] gives
// y[B,Ho*Wo,Cout]. Grids of patch tokens have this layout, and a kernel of one pixel is Linear.
// Filters are as published, w[Cout,Cin,k,k], or w[C,1,k,k] with Cout = C > 1 for a depthwise
// convolution, where channel c of y sees channel c of x alone. Types mix as in Products. An engine
// may have it.
type Convolution interface {
	// Conv2D: y = x * w + bias[Cout], a correlation (w isn't flipped). bias is optional.
	Conv2D(y, x, w, bias Tensor, g Window)
	// Conv2DGradInput writes dx; g is the forward pass's.
	Conv2DGradInput(dx, dy, w Tensor, g Window)
	// Conv2DGradWeight writes dw (F32, or F64 in checks) and, unless absent, db[Cout].
	Conv2DGradWeight(dw, db, dy, x Tensor, g Window)
}

// MaxPooling works on images as Convolution does; an engine may have it.
type MaxPooling interface {
	// MaxPool2D: y[B,Ho*Wo,C] is the largest of each window. place, I32 of y's shape, tells
	// MaxPool2DGrad which one that was, in terms of the engine's own; it is optional.
	MaxPool2D(y, place, x Tensor, g Window)
	// MaxPool2DGrad: dx[B,H*W,C], each dy at the place that it came from.
	MaxPool2DGrad(dx, place, dy Tensor, g Window)
}
