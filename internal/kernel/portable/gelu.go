package portable

import (
	"math"

	"cmae/internal/kernel"
)

// GELU: y = x/2 (1 + erf(x/sqrt 2)).
func (m *arithmetic[T]) GELU(y, x kernel.Tensor) {
	m.each(x.Len(), elementGrain, func(lo, hi int) {
		f := m.single.open()
		defer f.close()
		gelu(f.outPart(y, lo, hi), f.inPart(x, lo, hi))
	})
}

// GELUGrad: dx = dy gelu'(x).
func (m *arithmetic[T]) GELUGrad(dx, x, dy kernel.Tensor) {
	m.each(x.Len(), elementGrain, func(lo, hi int) {
		f := m.single.open()
		defer f.close()
		geluGrad(f.outPart(dx, lo, hi), f.inPart(x, lo, hi), f.inPart(dy, lo, hi))
	})
}

func geluLoop[T float](y, x []T) {
	y = y[:len(x)]
	for i, v := range x {
		phi, _ := normal(float64(v))
		y[i] = T(max(float64(v), -farthest) * phi)
	}
}

func geluGradLoop[T float](dx, x, dy []T) {
	dx, dy = dx[:len(x)], dy[:len(x)]
	for i, v := range x {
		phi, density := normal(float64(v))
		dx[i] = dy[i] * T(phi+min(max(float64(v), -farthest), farthest)*density)
	}
}

// normal is the standard normal distribution at x and its density. Float32 takes it too, for the
// rounding of its result alone; beside a matrix product in Go the time doesn't show.
func normal(x float64) (distribution, density float64) {
	return math.Erfc(-x/math.Sqrt2) / 2, math.Exp(-x*x/2) / sqrt2Pi
}

const (
	sqrt2Pi = 2.50662827463100050242
	// farthest is where the tail is 0 even in float64: what lies beyond it, infinity too, is
	// treated like it.
	farthest = 40
)
