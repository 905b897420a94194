package portable

import (
	"math"

	"cmae/internal/kernel"
)

// stats is mean and biased variance of n numbers.
func stats(n int, at func(i int) float64) (mean, variance float64) {
	for i := range n {
		mean += at(i) / float64(n)
	}
	for i := range n {
		variance += (at(i) - mean) * (at(i) - mean) / float64(n)
	}
	return mean, variance
}

func (naive) LayerNorm(y, mean, rstd, x, gamma, beta kernel.Tensor, eps float64) {
	c := x.Cols()
	for r := range x.Rows() {
		mu, v := stats(c, func(j int) float64 { return f64(x)[r*c+j] })
		s := 1 / math.Sqrt(v+eps)
		if !mean.Absent() {
			f64(mean)[r], f64(rstd)[r] = mu, s
		}
		for j := range c {
			f64(y)[r*c+j] = (f64(x)[r*c+j]-mu)*s*f64(gamma)[j] + f64(beta)[j]
		}
	}
}

// normGrad is the gradient of (x-mean)/std of n numbers at element i, from its definition as a
// double sum.
func normGrad(n, i int, istd float64, hat, g func(i int) float64) float64 {
	var s float64
	for j := range n {
		d := -1 / float64(n) * (1 + hat(i)*hat(j))
		if i == j {
			d++
		}
		s += g(j) * d * istd
	}
	return s
}

func (naive) LayerNormGrad(dx, dgamma, dbeta, x, gamma, mean, rstd, dy kernel.Tensor) {
	c := x.Cols()
	clear(f64(dgamma))
	clear(f64(dbeta))
	for r := range x.Rows() {
		hat := func(j int) float64 { return (f64(x)[r*c+j] - f64(mean)[r]) * f64(rstd)[r] }
		g := func(j int) float64 { return f64(dy)[r*c+j] * f64(gamma)[j] }
		for j := range c {
			f64(dgamma)[j] += f64(dy)[r*c+j] * hat(j)
			f64(dbeta)[j] += f64(dy)[r*c+j]
			f64(dx)[r*c+j] = normGrad(c, j, f64(rstd)[r], hat, g)
		}
	}
}

func (naive) BatchNorm(
	y, mean, istd, x, gamma, beta kernel.Tensor, eps float64, groups int, end kernel.Finish,
) {
	c, n := x.Cols(), x.Rows()/groups
	for g := range groups {
		for j := range c {
			at := func(i int) int { return (g*n+i)*c + j }
			mu, v := stats(n, func(i int) float64 { return f64(x)[at(i)] })
			f64(mean)[g*c+j], f64(istd)[g*c+j] = mu, 1/math.Sqrt(v+eps)
			for i := range n {
				f64(y)[at(i)] = (f64(x)[at(i)] - mu) / math.Sqrt(v+eps)
				if !gamma.Absent() {
					f64(y)[at(i)] = f64(y)[at(i)]*f64(gamma)[j] + f64(beta)[j]
				}
			}
		}
	}
	finish(y, end)
}

func finish(y kernel.Tensor, end kernel.Finish) {
	for i := range f64(y) {
		if !end.Residual.Absent() {
			f64(y)[i] += f64(end.Residual)[i]
		}
		if end.ReLU {
			f64(y)[i] = max(f64(y)[i], 0)
		}
	}
}

func (naive) BatchNormGrad(
	dx, dgamma, dbeta, x, gamma, mean, istd, dy, y kernel.Tensor, groups int,
) {
	c, n := x.Cols(), x.Rows()/groups
	clear(f64(dgamma))
	clear(f64(dbeta))
	for gr := range groups {
		for j := range c {
			at := func(i int) int { return (gr*n+i)*c + j }
			s := f64(istd)[gr*c+j]
			hats, counted, gs := make([]float64, n), make([]float64, n), make([]float64, n)
			for i := range n {
				hats[i] = (f64(x)[at(i)] - f64(mean)[gr*c+j]) * s
				if y.Absent() || f64(y)[at(i)] > 0 {
					counted[i] = f64(dy)[at(i)]
				}
				gs[i] = counted[i]
				if !gamma.Absent() {
					gs[i] *= f64(gamma)[j]
				}
			}
			hat, g := func(i int) float64 { return hats[i] }, func(i int) float64 { return gs[i] }
			for i := range n {
				f64(dx)[at(i)] = normGrad(n, i, s, hat, g)
				if !dgamma.Absent() {
					f64(dgamma)[j] += counted[i] * hats[i]
					f64(dbeta)[j] += counted[i]
				}
			}
		}
	}
}

func (naive) L2Normalize(y, norm, x kernel.Tensor) {
	c := x.Cols()
	for r := range x.Rows() {
		var s float64
		for j := range c {
			s += f64(x)[r*c+j] * f64(x)[r*c+j]
		}
		f64(norm)[r] = math.Sqrt(s)
		for j := range c {
			f64(y)[r*c+j] = f64(x)[r*c+j] / f64(norm)[r]
		}
	}
}

func (naive) L2NormalizeGrad(dx, y, norm, dy kernel.Tensor) {
	c := y.Cols()
	for r := range y.Rows() {
		for j := range c {
			var s float64
			for k := range c {
				d := -f64(y)[r*c+j] * f64(y)[r*c+k]
				if j == k {
					d++
				}
				s += d * f64(dy)[r*c+k]
			}
			f64(dx)[r*c+j] = s / f64(norm)[r]
		}
	}
}

func (naive) Standardize(y, x kernel.Tensor, eps float64) {
	c := x.Cols()
	for r := range x.Rows() {
		mu, v := stats(c, func(j int) float64 { return f64(x)[r*c+j] })
		for j := range c {
			f64(y)[r*c+j] = (f64(x)[r*c+j] - mu) / math.Sqrt(v*float64(c)/float64(c-1)+eps)
		}
	}
}
