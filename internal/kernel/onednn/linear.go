package onednn

import (
	"unsafe"

	"cmae/internal/kernel"
)

// has reports whether oneDNN computes on all of these tensors; absent ones don't matter.
func (e *Engine) has(tensors ...kernel.Tensor) bool {
	for _, t := range tensors {
		if t.Absent() {
			continue
		}
		if t.Type != kernel.F32 && (t.Type != kernel.BF16 || e.bf16 != nil) || t.Len() == 0 {
			return false
		}
	}
	return true
}

// Linear is one matmul with the whole epilogue as post-ops, unless Pre is asked for: then GELU is a pass of its own over Pre.
func (e *Engine) Linear(y, x, w kernel.Tensor, ep kernel.Epilogue) {
	if !e.has(y, x, w, ep.Bias, ep.Pre, ep.Residual) {
		e.Engine.Linear(y, x, w, ep)
		return
	}
	if ep.Pre.Absent() {
		e.linear(y, x, w, ep)
		return
	}
	e.linear(ep.Pre, x, w, kernel.Epilogue{Bias: ep.Bias})
	activated := y
	if !ep.Residual.Absent() { // which may be y
		activated = e.buffer(0, y.Type, y.Len())
		activated.Shape = y.Shape
	}
	if ep.GELU {
		e.GELU(activated, ep.Pre)
	} else {
		e.Copy(activated, ep.Pre)
	}
	if !ep.Residual.Absent() {
		e.Add(y, activated, ep.Residual)
	}
}

func (e *Engine) linear(y, x, w kernel.Tensor, ep kernel.Epilogue) {
	r, k, n := x.Rows(), x.Cols(), y.Cols()
	s := spec{kind: matmul}
	s.operands[0] = dense(x.Type, r, k)
	s.operands[1] = dense(w.Type, n, k).transposed()
	s.operands[2] = dense(y.Type, r, n)
	data := [5]unsafe.Pointer{x.Data, w.Data, y.Data}
	used, posts := 3, 0
	if !ep.Bias.Absent() {
		s.operands[3] = dense(ep.Bias.Type, 1, n)
		data[used] = ep.Bias.Data
		used++
	}
	if ep.GELU {
		s.posts[posts] = post{alg: gelu}
		posts++
	}
	switch {
	case ep.Residual.Absent():
	case ep.Residual.Data == y.Data:
		s.posts[posts] = post{alg: sum}
	default:
		s.posts[posts] = post{alg: add, other: dense(ep.Residual.Type, r, n)}
		data[used] = ep.Residual.Data
		used++
	}
	e.run(&s, data[:used]...)
}

// LinearGradInput is one matmul.
func (e *Engine) LinearGradInput(dx, dy, w kernel.Tensor) {
	if !e.has(dx, dy, w) {
		e.Engine.LinearGradInput(dx, dy, w)
		return
	}
	r, n, k := dy.Rows(), dy.Cols(), dx.Cols()
	e.multiply(1, dense(dx.Type, r, k), dx.Data, dense(dy.Type, r, n), dy.Data, dense(w.Type, n, k), w.Data)
}

// LinearGradWeight is one matmul, and a second one with a row of ones for the column sums of db.
func (e *Engine) LinearGradWeight(dw, db, dy, x kernel.Tensor) {
	if !e.has(dw, db, dy, x) {
		e.Engine.LinearGradWeight(dw, db, dy, x)
		return
	}
	r, n, k := dy.Rows(), dy.Cols(), x.Cols()
	e.multiply(1, dense(dw.Type, n, k), dw.Data, dense(dy.Type, r, n).transposed(), dy.Data, dense(x.Type, r, k), x.Data)
	if !db.Absent() {
		ones := e.unit(dy.Type, r)
		e.multiply(1, dense(db.Type, 1, n), db.Data, dense(dy.Type, 1, r), ones.Data, dense(dy.Type, r, n), dy.Data)
	}
}

// MatMul is one matmul.
func (e *Engine) MatMul(c, a, b kernel.Tensor, transA, transB bool, alpha float64) {
	if !e.has(c, a, b) {
		e.Engine.MatMul(c, a, b, transA, transB, alpha)
		return
	}
	left, right := dense(a.Type, a.Rows(), a.Cols()), dense(b.Type, b.Rows(), b.Cols())
	if transA {
		left = left.transposed()
	}
	if transB {
		right = right.transposed()
	}
	e.multiply(float32(alpha), dense(c.Type, c.Rows(), c.Cols()), c.Data, left, a.Data, right, b.Data)
}

// multiply computes c = alpha a b.
func (e *Engine) multiply(alpha float32, oc operand, c unsafe.Pointer, oa operand, a unsafe.Pointer, ob operand, b unsafe.Pointer) {
	s := spec{kind: matmul}
	s.operands[0], s.operands[1], s.operands[2] = oa, ob, oc
	if alpha != 1 {
		s.posts[0] = post{alg: linear, alpha: alpha}
	}
	e.run(&s, a, b, c)
}
