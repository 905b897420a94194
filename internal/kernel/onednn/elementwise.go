package onednn

import (
	"cmae/internal/kernel"
	"cmae/internal/kernel/portable"
)

// GELU is an eltwise primitive in BF16; in F32 and where types differ, portable's.
func (e *Engine) GELU(y, x kernel.Tensor) {
	if exactGELU(y, x) || y.Type != x.Type || !e.has(y, x) {
		e.Engine.GELU(y, x)
		return
	}
	s := spec{kind: eltwise, alg: gelu}
	s.operands[0] = dense(x.Type, x.Rows(), x.Cols())
	s.operands[1] = dense(y.Type, x.Rows(), x.Cols())
	e.run(&s, x.Data, y.Data)
}

// GELUGrad is the eltwise primitive's gradient in BF16; in F32 and where types differ, portable's.
func (e *Engine) GELUGrad(dx, x, dy kernel.Tensor) {
	if exactGELU(dx, x, dy) || dx.Type != x.Type || dy.Type != x.Type || !e.has(dx, x, dy) {
		e.Engine.GELUGrad(dx, x, dy)
		return
	}
	o := dense(x.Type, x.Rows(), x.Cols())
	s := spec{kind: eltwiseGrad, alg: gelu}
	s.operands[0], s.operands[1], s.operands[2] = o, o, o
	e.run(&s, x.Data, dy.Data, dx.Data)
}

// exactGELU reports whether GELU between these tensors is portable's: in F32 it is as exact as its
// result, where oneDNN's erf is off by up to 1.5e-7 always in the same direction, and in assembly
// it takes no longer.
func exactGELU(tensors ...kernel.Tensor) bool {
	return portable.Vectorized() && all(kernel.F32, tensors...)
}

// Cast between F32 and BF16 is a reorder.
func (e *Engine) Cast(dst, src kernel.Tensor) {
	if dst.Type == src.Type || !e.has(dst, src) {
		e.Engine.Cast(dst, src)
		return
	}
	s := spec{kind: reorder}
	s.operands[0] = dense(src.Type, src.Rows(), src.Cols())
	s.operands[1] = dense(dst.Type, src.Rows(), src.Cols())
	e.run(&s, src.Data, dst.Data)
}
