package probe

import (
	"math"

	"cmae/internal/evaluate"
)

// runningMomentum is the share of the latest batch in the running statistics.
const runningMomentum = 0.1

// running keeps what BatchNorm uses outside training: moving averages of each column's mean and
// unbiased variance.
type running struct{ mean, variance []float64 }

func newRunning(dim int) running {
	r := running{make([]float64, dim), make([]float64, dim)}
	for j := range r.variance {
		r.variance[j] = 1
	}
	return r
}

// update enters a batch x[B,D], B at least 2.
func (r running) update(x []float32) {
	dim := len(r.mean)
	n := float64(len(x) / dim)
	sum, squares := make([]float64, dim), make([]float64, dim)
	for row := 0; row < len(x); row += dim {
		for j, v := range x[row : row+dim] {
			sum[j] += float64(v)
		}
	}
	for row := 0; row < len(x); row += dim {
		for j, v := range x[row : row+dim] {
			d := float64(v) - sum[j]/n
			squares[j] += d * d
		}
	}
	for j := range r.mean {
		r.mean[j] += runningMomentum * (sum[j]/n - r.mean[j])
		r.variance[j] += runningMomentum * (squares[j]/(n-1) - r.variance[j])
	}
}

// normalize writes x[rows,D] with the running statistics in the batch's place to dst.
func (r running) normalize(dst, x []float32) {
	dim := len(r.mean)
	scale := make([]float64, dim)
	for j, v := range r.variance {
		scale[j] = 1 / math.Sqrt(v+evaluate.BatchNormEps)
	}
	for row := 0; row < len(x); row += dim {
		for j, v := range x[row : row+dim] {
			dst[row+j] = float32((float64(v) - r.mean[j]) * scale[j])
		}
	}
}
