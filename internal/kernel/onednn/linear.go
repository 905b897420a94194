package onednn

import (
	"unsafe"

	"cmae/internal/kernel"
)

// Linear is one matmul with the whole epilogue as post-ops, unless Pre is asked for or GELU is to
// be exact: then GELU is a pass of its own.
func (e *Engine) Linear(y, x, w kernel.Tensor, ep kernel.Epilogue) {
	if !floating(y, x, w, ep.Pre, ep.Residual) || !all(kernel.F32, ep.Bias) {
		e.Engine.Linear(y, x, w, ep)
		return
	}
	apart := !ep.Pre.Absent() || ep.GELU && exactGELU(y, x, w)
	x, w = e.factor(slotLeft, x), e.factor(slotRight, w)
	to := e.result(slotProduct, y, x)
	if apart {
		e.linearInSteps(to, x, w, ep)
	} else {
		e.linear(to, x, w, ep)
	}
	e.settle(y, to)
}

func (e *Engine) linearInSteps(y, x, w kernel.Tensor, ep kernel.Epilogue) {
	activated := y
	if !ep.Residual.Absent() {
		activated = e.buffer(slotBeforeResidual, y.Type, y.Shape...) // since y may be the residual
	}
	if ep.Pre.Absent() {
		e.linear(activated, x, w, kernel.Epilogue{Bias: ep.Bias})
		e.GELU(activated, activated) // the exact one, which works in place
	} else {
		pre := e.result(slotBeforeGELU, ep.Pre, x)
		e.linear(pre, x, w, kernel.Epilogue{Bias: ep.Bias})
		e.settle(ep.Pre, pre)
		e.activate(activated, pre, ep.GELU)
	}
	if !ep.Residual.Absent() {
		e.Add(y, activated, ep.Residual)
	}
}

func (e *Engine) activate(y, pre kernel.Tensor, gelu bool) {
	if gelu {
		e.GELU(y, pre)
	} else {
		e.Copy(y, pre)
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
	if !floating(dx, dy, w) {
		e.Engine.LinearGradInput(dx, dy, w)
		return
	}
	e.product(dx, e.factor(slotLeft, dy), e.factor(slotRight, w), false, false, 1)
}

// LinearGradWeight is one matmul, and a second one with a row of ones for the column sums of db.
func (e *Engine) LinearGradWeight(dw, db, dy, x kernel.Tensor) {
	if !floating(dw, db, dy, x) {
		e.Engine.LinearGradWeight(dw, db, dy, x)
		return
	}
	dy, x = e.factor(slotLeft, dy), e.factor(slotRight, x)
	e.product(dw, dy, x, true, false, 1)
	if !db.Absent() {
		r, n := dy.Rows(), dy.Cols()
		e.multiply(
			1, dense(db.Type, 1, n), db.Data, dense(dy.Type, 1, r), e.unit(dy.Type, r).Data,
			dense(dy.Type, r, n), dy.Data,
		)
	}
}

// MatMul is one matmul.
func (e *Engine) MatMul(c, a, b kernel.Tensor, transA, transB bool, alpha float64) {
	if !floating(c, a, b) {
		e.Engine.MatMul(c, a, b, transA, transB, alpha)
		return
	}
	e.product(c, e.factor(slotLeft, a), e.factor(slotRight, b), transA, transB, float32(alpha))
}

// product computes c = alpha op(a) op(b) from factors.
func (e *Engine) product(c, a, b kernel.Tensor, transA, transB bool, alpha float32) {
	left, right := dense(a.Type, a.Rows(), a.Cols()), dense(b.Type, b.Rows(), b.Cols())
	if transA {
		left = left.transposed()
	}
	if transB {
		right = right.transposed()
	}
	to := e.result(slotProduct, c, a)
	result := dense(to.Type, c.Rows(), c.Cols())
	parts := 1
	if !transB {
		most := widest
		if !transA && a.Cols() > deep {
			most = widestDeep
		}
		parts = (c.Cols() + most - 1) / most
	}
	for i := range parts {
		lo, hi := i*c.Cols()/parts, (i+1)*c.Cols()/parts
		e.multiply(
			alpha, result.columns(lo, hi), at(to, lo), left, a.Data, right.columns(lo, hi),
			at(b, lo),
		)
	}
	e.settle(c, to)
}

// How many columns of a right factor that lies row by row one product takes: widest, or widestDeep
// where a left factor that lies so too has more than deep of them. With 3072, as the MLP of ViT-B
// has, oneDNN 2.6 falls to 0.8 of its rate and less, and so it does for the 768 columns of its
// inputs' gradients, which are 2304 and 3072 deep.
const widest, deep, widestDeep = 1536, 2048, 512

// multiply computes c = alpha a b.
func (e *Engine) multiply(
	alpha float32, oc operand, c unsafe.Pointer, oa operand, a unsafe.Pointer, ob operand,
	b unsafe.Pointer,
) {
	s := spec{kind: matmul}
	s.operands[0], s.operands[1], s.operands[2] = oa, ob, oc
	if alpha != 1 {
		s.posts[0] = post{alg: linear, alpha: alpha}
	}
	e.run(&s, a, b, c)
}
