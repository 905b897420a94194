package portable

import (
	"math"

	"cmae/internal/kernel"
)

// L2Normalize: y = x / max(|x|, kernel.MinLength) per row.
func (m *arithmetic[T]) L2Normalize(y, norm, x kernel.Tensor) {
	f := m.open()
	defer f.close()
	l2Normalize(m.workers, f.out(y), f.out(norm), f.in(x), x.Cols())
}

// L2NormalizeGrad: dx = (dy - y (y.dy)) / norm.
func (m *arithmetic[T]) L2NormalizeGrad(dx, y, norm, dy kernel.Tensor) {
	f := m.open()
	defer f.close()
	l2NormalizeGrad(m.workers, f.out(dx), f.in(y), f.in(norm), f.in(dy), y.Cols())
}

// Standardize: y = (x-mean) / sqrt(unbiased variance + eps) per row.
func (m *arithmetic[T]) Standardize(y, x kernel.Tensor, eps float64) {
	f := m.open()
	defer f.close()
	standardize(m.workers, f.out(y), f.in(x), x.Cols(), eps)
}

func l2Normalize[T float](w workers, y, norm, x []T, c int) {
	w.rows(len(x)/c, c, func(lo, hi int) {
		for r := lo; r < hi; r++ {
			from, to := x[r*c:(r+1)*c], y[r*c:(r+1)*c]
			norm[r] = T(max(math.Sqrt(dot(from, from)), kernel.MinLength))
			for j, v := range from {
				to[j] = v / norm[r]
			}
		}
	})
}

func l2NormalizeGrad[T float](w workers, dx, y, norm, dy []T, c int) {
	w.rows(len(y)/c, c, func(lo, hi int) {
		for r := lo; r < hi; r++ {
			unit, from, to := y[r*c:(r+1)*c], dy[r*c:(r+1)*c], dx[r*c:(r+1)*c]
			along := T(dot(unit, from))
			for j, v := range unit {
				to[j] = (from[j] - v*along) / norm[r]
			}
		}
	})
}

func standardize[T float](w workers, y, x []T, c int, eps float64) {
	w.rows(len(x)/c, c, func(lo, hi int) {
		for r := lo; r < hi; r++ {
			from, to := x[r*c:(r+1)*c], y[r*c:(r+1)*c]
			mean, squares := moments(from)
			scale := 1 / math.Sqrt(squares/float64(c-1)+eps)
			for j, v := range from {
				to[j] = T((float64(v) - mean) * scale)
			}
		}
	})
}
