package portable

import (
	"math"

	"cmae/internal/kernel"
)

// naive is every primitive as its defining loops, in float64 alone and one element at a time. It
// borrows memory, nothing else.
type naive struct{ *Engine }

func f64(t kernel.Tensor) []float64 { return kernel.Slice[float64](t) }

func (naive) Linear(y, x, w kernel.Tensor, e kernel.Epilogue) {
	r, n, k := y.Rows(), w.Shape[0], w.Shape[1]
	xs, ws := f64(x), f64(w)
	for i := range r {
		for j := range n {
			var s float64
			for l := range k {
				s += xs[i*k+l] * ws[j*k+l]
			}
			if !e.Bias.Absent() {
				s += f64(e.Bias)[j]
			}
			if !e.Pre.Absent() {
				f64(e.Pre)[i*n+j] = s
			}
			if e.GELU {
				s = s / 2 * (1 + math.Erf(s/math.Sqrt2))
			}
			if !e.Residual.Absent() {
				s += f64(e.Residual)[i*n+j]
			}
			f64(y)[i*n+j] = s
		}
	}
}

func (e naive) LinearGradInput(dx, dy, w kernel.Tensor) { e.MatMul(dx, dy, w, false, false, 1) }

func (e naive) LinearGradWeight(dw, db, dy, x kernel.Tensor) {
	e.MatMul(dw, dy, x, true, false, 1)
	for j := range f64(db) {
		f64(db)[j] = 0
		for i := range dy.Rows() {
			f64(db)[j] += f64(dy)[i*dy.Cols()+j]
		}
	}
}

func (naive) MatMul(c, a, b kernel.Tensor, transA, transB bool, alpha float64) {
	left, right, aCols, bCols := f64(a), f64(b), a.Cols(), b.Cols()
	at := func(x []float64, cols, i, j int, trans bool) float64 {
		if trans {
			i, j = j, i
		}
		return x[i*cols+j]
	}
	depth := a.Cols()
	if transA {
		depth = a.Rows()
	}
	for i := range c.Rows() {
		for j := range c.Cols() {
			var s float64
			for k := range depth {
				s += at(left, aCols, i, k, transA) * at(right, bCols, k, j, transB)
			}
			f64(c)[i*c.Cols()+j] = alpha * s
		}
	}
}

func (naive) Attention(out, probs, qkv kernel.Tensor, heads int) {
	batch, t, d := out.Shape[0], out.Shape[1], out.Shape[2]
	each := d / heads
	x := func(b, i, part, h, c int) float64 { return f64(qkv)[(b*t+i)*3*d+part*d+h*each+c] }
	for b := range batch {
		for h := range heads {
			for i := range t {
				weights, total := make([]float64, t), 0.0
				for j := range t {
					for c := range each {
						weights[j] += x(b, i, 0, h, c) * x(b, j, 1, h, c)
					}
					weights[j] = math.Exp(weights[j] / math.Sqrt(float64(each)))
					total += weights[j]
				}
				for j := range t {
					weights[j] /= total
					if !probs.Absent() {
						f64(probs)[((b*heads+h)*t+i)*t+j] = weights[j]
					}
				}
				for c := range each {
					var s float64
					for j := range t {
						s += weights[j] * x(b, j, 2, h, c)
					}
					f64(out)[(b*t+i)*d+h*each+c] = s
				}
			}
		}
	}
}

func (naive) AttentionGrad(dqkv, qkv, probs, dout kernel.Tensor, heads int) {
	batch, t, d := dout.Shape[0], dout.Shape[1], dout.Shape[2]
	each := d / heads
	clear(f64(dqkv))
	at := func(b, i, part, h, c int) int { return (b*t+i)*3*d + part*d + h*each + c }
	for b := range batch {
		for h := range heads {
			for i := range t {
				p := f64(probs)[((b*heads+h)*t+i)*t:][:t]
				dp, mean := make([]float64, t), 0.0
				for j := range t {
					for c := range each {
						g := f64(dout)[(b*t+i)*d+h*each+c]
						dp[j] += g * f64(qkv)[at(b, j, 2, h, c)]
						f64(dqkv)[at(b, j, 2, h, c)] += g * p[j]
					}
					mean += dp[j] * p[j]
				}
				for j := range t {
					ds := p[j] * (dp[j] - mean) / math.Sqrt(float64(each))
					for c := range each {
						f64(dqkv)[at(b, i, 0, h, c)] += ds * f64(qkv)[at(b, j, 1, h, c)]
						f64(dqkv)[at(b, j, 1, h, c)] += ds * f64(qkv)[at(b, i, 0, h, c)]
					}
				}
			}
		}
	}
}

func (naive) GELU(y, x kernel.Tensor) {
	for i, v := range f64(x) {
		f64(y)[i] = v / 2 * (1 + math.Erf(v/math.Sqrt2))
	}
}

func (naive) GELUGrad(dx, x, dy kernel.Tensor) {
	for i, v := range f64(x) {
		f64(dx)[i] = f64(dy)[i] * ((1+math.Erf(v/math.Sqrt2))/2 +
			v*math.Exp(-v*v/2)/math.Sqrt(2*math.Pi))
	}
}

func (naive) ReLU(y, x kernel.Tensor) {
	for i, v := range f64(x) {
		f64(y)[i] = math.Max(v, 0)
	}
}

func (naive) ReLUGrad(dx, y, dy kernel.Tensor) {
	for i, v := range f64(y) {
		f64(dx)[i] = 0
		if v > 0 {
			f64(dx)[i] = f64(dy)[i]
		}
	}
}

func (naive) Add(c, a, b kernel.Tensor) {
	for i := range f64(c) {
		f64(c)[i] = f64(a)[i] + f64(b)[i]
	}
}

func (naive) Scale(y, x kernel.Tensor, alpha float64) {
	for i := range f64(y) {
		f64(y)[i] = f64(x)[i] * alpha
	}
}

func (naive) ScaleRows(y, x, s kernel.Tensor) {
	for i := range f64(y) {
		f64(y)[i] = f64(x)[i] * f64(s)[i/(y.Len()/s.Len())]
	}
}
