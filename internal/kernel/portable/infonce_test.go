package portable

import (
	"math"
	"testing"

	"cmae/internal/kernel"
	"cmae/internal/kernel/kerneltest"
	"cmae/internal/rng"
)

// TestInfoNCEOfSureKeys: where each query is its own key, loss and gradient are what little the
// negatives have; as differences from 1 they would keep three digits.
func TestInfoNCEOfSureKeys(t *testing.T) {
	const rows, cols, queued, tau = 6, 128, 20, 0.07
	draw := rng.For(12, rng.Synthetic).NormFloat64
	units := func(n int) []float64 {
		v := make([]float64, n*cols)
		for i := range n {
			var square float64
			for j := range cols {
				v[i*cols+j] = draw()
				square += v[i*cols+j] * v[i*cols+j]
			}
			for j := range cols {
				v[i*cols+j] = float64(float32(v[i*cols+j] / math.Sqrt(square)))
			}
		}
		return v
	}
	queries, negatives := units(rows), units(queued)
	compute := func(kind kernel.DType, queue bool) (loss float64, gradient []float64) {
		e := New(1)
		z, dz, dloss := e.New(kind, rows, cols), e.New(kind, rows, cols), e.New(kind)
		kerneltest.Fill(e, z, queries)
		kerneltest.Fill(e, dloss, []float64{1})
		out, probs, keys := e.New(kind), e.New(kind, rows, rows), kernel.Tensor{}
		if queue {
			keys, probs = e.New(kind, queued, cols), e.New(kind, rows, 1+queued)
			kerneltest.Fill(e, keys, negatives)
		}
		e.InfoNCE(out, probs, z, z, keys, 0, tau)
		e.InfoNCEGrad(dz, probs, z, keys, dloss, 0, tau)
		return kernel.Scalar(e, out), kernel.Read[float64](e, dz)
	}
	for _, queue := range []bool{false, true} {
		loss, gradient := compute(kernel.F32, queue)
		want, wantGradient := compute(kernel.F64, queue)
		if off := math.Abs(loss/want - 1); !(want < 1e-3 && off < 1e-5) {
			t.Errorf("queue %v: loss %v, want %v", queue, loss, want)
		}
		if off := relativeError(gradient, wantGradient); off > 1e-5 {
			t.Errorf("queue %v: relative error of the gradient %.2g", queue, off)
		}
	}
}
