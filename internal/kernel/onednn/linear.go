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

// linear computes y in parts of its columns where they are many, F32, and no residual follows, of
// which the library wants whole rows.
func (e *Engine) linear(y, x, w kernel.Tensor, ep kernel.Epilogue) {
	n, across := y.Cols(), 1
	if x.Type == kernel.F32 && ep.Residual.Absent() {
		across = ceil(n, widest)
	}
	for i := range across {
		e.linearPart(y, x, w, ep, i*n/across, (i+1)*n/across)
	}
}

// linearPart computes columns lo to hi of y.
func (e *Engine) linearPart(y, x, w kernel.Tensor, ep kernel.Epilogue, lo, hi int) {
	r, k, n := x.Rows(), x.Cols(), y.Cols()
	s := spec{kind: matmul}
	s.operands[0] = dense(x.Type, r, k)
	s.operands[1] = dense(w.Type, hi-lo, k).transposed()
	s.operands[2] = dense(y.Type, r, n).part(1, lo, hi)
	data := [5]unsafe.Pointer{x.Data, at(w, lo*k), at(y, lo)}
	used, posts := 3, 0
	if !ep.Bias.Absent() {
		s.operands[3] = dense(ep.Bias.Type, 1, hi-lo)
		data[used] = at(ep.Bias, lo)
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

// LinearGradInput is a product.
func (e *Engine) LinearGradInput(dx, dy, w kernel.Tensor) {
	if !floating(dx, dy, w) {
		e.Engine.LinearGradInput(dx, dy, w)
		return
	}
	e.product(dx, e.factor(slotLeft, dy), e.factor(slotRight, w), false, false, 1)
}

// LinearGradWeight is a product, and a second one with a row of ones for the column sums of db.
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

// MatMul is a product.
func (e *Engine) MatMul(c, a, b kernel.Tensor, transA, transB bool, alpha float64) {
	if !floating(c, a, b) {
		e.Engine.MatMul(c, a, b, transA, transB, alpha)
		return
	}
	e.product(c, e.factor(slotLeft, a), e.factor(slotRight, b), transA, transB, float32(alpha))
}

// product computes c = alpha op(a) op(b) from factors, in the parts that cuts says.
func (e *Engine) product(c, a, b kernel.Tensor, transA, transB bool, alpha float32) {
	left, right := dense(a.Type, a.Rows(), a.Cols()), dense(b.Type, b.Rows(), b.Cols())
	if transA {
		left = left.transposed()
	}
	if transB {
		right = right.transposed()
	}
	to := e.result(slotProduct, c, a)
	rows, cols := c.Rows(), c.Cols()
	result := dense(to.Type, rows, cols)
	down, across := cuts(a, transA, transB, rows, cols)
	for i := range down {
		top, bottom := i*rows/down, (i+1)*rows/down
		for j := range across {
			lo, hi := j*cols/across, (j+1)*cols/across
			e.multiply(
				alpha, result.part(0, top, bottom).part(1, lo, hi), at(to, top*cols+lo),
				left.part(0, top, bottom), at(a, top*int(left.strides[0])),
				right.part(1, lo, hi), at(b, lo*int(right.strides[1])),
			)
		}
	}
	e.settle(c, to)
}

// How many columns of a right factor one product takes: widest, or widestDeep where both factors
// lie row by row and the left one has more than deep columns. With 3072, as the MLP of ViT-B has,
// oneDNN 2.6 falls to 0.8 of its rate and less (where the right one lies transposed to 0.9), and so
// it does for the 768 columns of its inputs' gradients, which are 2304 and 3072 deep.
const widest, deep, widestDeep = 1536, 2048, 512

// cuts says into how many parts down its rows and across its columns a product of so many is cut.
// Gradients of weights, whose left factor alone lies transposed, are cut in two along their longer
// side: oneDNN 2.6 takes up to a quarter longer for one product than for its halves, in BF16 for
// all but the smallest. docs/performance-log.md has the figures.
func cuts(a kernel.Tensor, transA, transB bool, rows, cols int) (down, across int) {
	if transB {
		return 1, 1
	}
	if !transA {
		if a.Cols() > deep {
			return 1, ceil(cols, widestDeep)
		}
		return 1, ceil(cols, widest)
	}
	down, across = 1, ceil(cols, widest)
	if a.Type != kernel.F32 && (min(rows, cols) < 128 || max(rows, cols) < 192) {
		return down, across
	}
	if cols > rows {
		return down, max(across, 2)
	}
	return min(rows, 2), across
}

func ceil(n, of int) int { return (n + of - 1) / of }

// multiply computes c = alpha a b.
func (e *Engine) multiply(
	alpha float32, oc operand, c unsafe.Pointer, oa operand, a unsafe.Pointer, ob operand,
	b unsafe.Pointer,
) {
	s := spec{kind: matmul}
	s.operands[0], s.operands[1], s.operands[2] = oa, ob, oc
	if alpha != 1 {
		s.posts[0] = post{alg: scaled, alpha: alpha}
	}
	e.run(&s, a, b, c)
}
