package onednn

import "cmae/internal/kernel"

// GELU is an eltwise primitive; where types differ, portable's.
func (e *Engine) GELU(y, x kernel.Tensor) {
	if y.Type != x.Type || !e.has(y, x) {
		e.Engine.GELU(y, x)
		return
	}
	s := spec{kind: eltwise, alg: gelu}
	s.operands[0], s.operands[1] = dense(x.Type, x.Rows(), x.Cols()), dense(y.Type, x.Rows(), x.Cols())
	e.run(&s, x.Data, y.Data)
}

// GELUGrad is the eltwise primitive's gradient; where types differ, portable's.
func (e *Engine) GELUGrad(dx, x, dy kernel.Tensor) {
	if dx.Type != x.Type || dy.Type != x.Type || !e.has(dx, x, dy) {
		e.Engine.GELUGrad(dx, x, dy)
		return
	}
	o := dense(x.Type, x.Rows(), x.Cols())
	s := spec{kind: eltwiseGrad, alg: gelu}
	s.operands[0], s.operands[1], s.operands[2] = o, o, o
	e.run(&s, x.Data, dy.Data, dx.Data)
}

// Cast between F32 and BF16 is a reorder.
func (e *Engine) Cast(dst, src kernel.Tensor) {
	if dst.Type == src.Type || !e.has(dst, src) {
		e.Engine.Cast(dst, src)
		return
	}
	s := spec{kind: reorder}
	s.operands[0], s.operands[1] = dense(src.Type, src.Rows(), src.Cols()), dense(dst.Type, src.Rows(), src.Cols())
	e.run(&s, src.Data, dst.Data)
}
