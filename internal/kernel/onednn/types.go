package onednn

import "cmae/internal/kernel"

// has reports whether oneDNN's primitives work on all of these tensors as they are; absent ones
// don't matter.
func (e *Engine) has(tensors ...kernel.Tensor) bool {
	return floating(tensors...) && (e.lacks16 == nil || all(kernel.F32, tensors...))
}

// floating reports whether every present tensor is F32 or BF16, and has elements.
func floating(tensors ...kernel.Tensor) bool {
	for _, t := range tensors {
		if !t.Absent() && (t.Type != kernel.F32 && t.Type != kernel.BF16 || t.Len() == 0) {
			return false
		}
	}
	return true
}

// all reports whether every present tensor is of type t.
func all(t kernel.DType, tensors ...kernel.Tensor) bool {
	for _, x := range tensors {
		if !x.Absent() && x.Type != t {
			return false
		}
	}
	return true
}

// factor is x in a type that matmuls are fast in, converted into a buffer where need be.
func (e *Engine) factor(s slot, x kernel.Tensor) kernel.Tensor {
	if e.native16 {
		return x
	}
	return e.wide(s, x)
}

// wide is x in F32.
func (e *Engine) wide(s slot, x kernel.Tensor) kernel.Tensor {
	if x.Type != kernel.BF16 {
		return x
	}
	w := e.buffer(s, kernel.F32, x.Shape...)
	e.Cast(w, x)
	return w
}

// result is where a matmul of factors like x writes y: y itself, or a buffer that settle converts
// from, since F32 factors cannot give a BF16 result.
func (e *Engine) result(s slot, y, x kernel.Tensor) kernel.Tensor {
	if y.Type != kernel.BF16 || x.Type == kernel.BF16 {
		return y
	}
	return e.buffer(s, kernel.F32, y.Shape...)
}

// settle brings to y what was written to its result.
func (e *Engine) settle(y, from kernel.Tensor) {
	if y.Data != from.Data {
		e.Cast(y, from)
	}
}
