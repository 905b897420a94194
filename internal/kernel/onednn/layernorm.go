package onednn

import (
	"math"

	"cmae/internal/kernel"
)

// chunkBytes bounds, per thread, the F32 rows that wait between two primitives of a layer
// normalization.
const chunkBytes = 1 << 19

// chunk is how many rows of c columns go through the primitives together.
func (e *Engine) chunk(r, c int) int { return min(r, max(1, chunkBytes*e.threads/(4*c))) }

// LayerNorm is one primitive; where the library cannot write y's type, a chunk of rows at a time is
// normalized in F32 and converted.
func (e *Engine) LayerNorm(y, mean, rstd, x, gamma, beta kernel.Tensor, eps float64) {
	if !e.has(y) || !all(kernel.F32, mean, rstd, x, gamma, beta) {
		e.Engine.LayerNorm(y, mean, rstd, x, gamma, beta, eps)
		return
	}
	r, c := x.Rows(), x.Cols()
	if mean.Absent() {
		mean = e.buffer(slotMean, kernel.F32, r)
	}
	if rstd.Absent() {
		rstd = e.buffer(slotRStd, kernel.F32, r)
	}
	if s := layerNormSpec(y.Type, r, c, eps); e.can(&s) {
		e.run(&s, x.Data, y.Data, mean.Data, rstd.Data, gamma.Data, beta.Data)
	} else {
		n := e.chunk(r, c)
		rows := e.buffer(slotRows, kernel.F32, n*c)
		for lo := 0; lo < r; lo += n {
			m := min(n, r-lo)
			s := layerNormSpec(kernel.F32, m, c, eps)
			e.run(&s, at(x, lo*c), rows.Data, at(mean, lo), at(rstd, lo), gamma.Data, beta.Data)
			e.reorder(dense(y.Type, m, c), at(y, lo*c), dense(kernel.F32, m, c), rows.Data)
		}
	}
	scales := floats(rstd, r)
	for i, variance := range scales {
		scales[i] = float32(1 / math.Sqrt(float64(variance)+eps))
	}
}

// layerNormSpec normalizes F32 rows into rows of type t.
func layerNormSpec(t kernel.DType, r, c int, eps float64) spec {
	s := spec{kind: layerNorm, alpha: float32(eps)}
	stat, param := dense(kernel.F32, r), dense(kernel.F32, c)
	s.operands = [maxOperands]operand{
		dense(kernel.F32, r, c), dense(t, r, c), stat, stat, param, param,
	}
	return s
}

// LayerNormGrad takes chunks of rows through the primitives: convert dy where it is BF16,
// differentiate. dgamma and dbeta are the sums of the chunks' own, in their order.
func (e *Engine) LayerNormGrad(dx, dgamma, dbeta, x, gamma, mean, rstd, dy kernel.Tensor) {
	if !e.has(dy) || !all(kernel.F32, dx, dgamma, dbeta, x, gamma, mean, rstd) {
		e.Engine.LayerNormGrad(dx, dgamma, dbeta, x, gamma, mean, rstd, dy)
		return
	}
	r, c := x.Rows(), x.Cols()
	n := e.chunk(r, c)
	variance, rows, sums := e.buffer(
		slotVariance, kernel.F32, r,
	), e.buffer(slotRows, kernel.F32, n*c), e.buffer(slotSums, kernel.F32, 2*c)
	squares := floats(variance, r)
	for i, s := range floats(rstd, r) {
		squares[i] = 1 / (s * s) // epsilon is in it
	}
	for lo := 0; lo < r; lo += n {
		m := min(n, r-lo)
		here, g := dense(kernel.F32, m, c), at(dy, lo*c)
		if dy.Type != kernel.F32 {
			e.reorder(here, rows.Data, dense(dy.Type, m, c), g)
			g = rows.Data
		}
		s := spec{kind: layerNormGrad}
		stat, param := dense(kernel.F32, m), dense(kernel.F32, c)
		s.operands = [maxOperands]operand{here, here, stat, stat, param, param, here, param, param}
		e.run(
			&s, at(x, lo*c), g, at(mean, lo), at(variance, lo), gamma.Data, gamma.Data,
			at(dx, lo*c), sums.Data, at(sums, c),
		)
		e.accumulate(dgamma, dbeta, sums, lo == 0)
	}
}

// accumulate adds a chunk's sums, dgamma before dbeta.
func (e *Engine) accumulate(dgamma, dbeta, sums kernel.Tensor, first bool) {
	c := dgamma.Len()
	part := floats(sums, 2*c)
	for i, total := range [2][]float32{floats(dgamma, c), floats(dbeta, c)} {
		for j, v := range part[i*c : (i+1)*c] {
			if first {
				total[j] = v
			} else {
				total[j] += v
			}
		}
	}
}
