package portable

import "cmae/internal/kernel"

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

// MaxPool2D implements kernel.Convolution.
func (e *Engine) MaxPool2D(y, place, x kernel.Tensor, g kernel.Window) {
	e.of(y).MaxPool2D(y, place, x, g)
}

// MaxPool2DGrad implements kernel.Convolution.
func (e *Engine) MaxPool2DGrad(dx, place, dy kernel.Tensor, g kernel.Window) {
	e.of(dx).MaxPool2DGrad(dx, place, dy, g)
}
