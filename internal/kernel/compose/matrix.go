package compose

import "cmae/internal/kernel"

// MatMul is one of Linear's three products; with both factors transposed the first is turned round.
func (c *composer) MatMul(y, a, b kernel.Tensor, transA, transB bool, alpha float64) {
	w := c.begin()
	defer w.end()
	switch {
	case transA && transB:
		k, m := a.Shape[0], a.Shape[1]
		turned := w.scratch(a, m, k)
		w.Transpose(turned.View(1, m, k), a.View(1, k, m))
		w.Linear(y, turned, b, kernel.Epilogue{})
	case transA:
		w.LinearGradWeight(y, kernel.Tensor{}, a, b)
	case transB:
		w.Linear(y, a, b, kernel.Epilogue{})
	default:
		w.LinearGradInput(y, a, b)
	}
	if alpha != 1 {
		w.Scale(y, y, alpha)
	}
}
