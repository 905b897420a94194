package portable

import (
	"math"
	"testing"

	"cmae/internal/kernel"
	"cmae/internal/kernel/kerneltest"
	"cmae/internal/rng"
)

// Two rows far from 0 and near each other: normalized they are about +1 and -1 whatever they were,
// and their gradient is what is left of dy after most of it has cancelled. With a mean rounded to
// 1e-7 of 3, and float32 products, it would be off by 3e-5.
func TestBatchNormGradientOfTwoRows(t *testing.T) {
	const cols = 40
	e := New(1)
	draw := rng.For(10, rng.Synthetic).NormFloat64
	xs, dys := make([]float64, 2*cols), make([]float64, 2*cols)
	for i := range xs {
		xs[i], dys[i] = float64(float32(3+0.05*draw())), float64(float32(draw()))
	}
	gradient := func(kind kernel.DType) []float64 {
		x, dy, y := e.New(kind, 2, cols), e.New(kind, 2, cols), e.New(kind, 2, cols)
		dx := e.New(kind, 2, cols)
		mean, istd := e.New(kind, 1, cols), e.New(kind, 1, cols)
		kerneltest.Fill(e, x, xs)
		kerneltest.Fill(e, dy, dys)
		e.BatchNorm(y, mean, istd, x, kernel.Tensor{}, kernel.Tensor{}, 1e-5, 1, kernel.Finish{})
		e.BatchNormGrad(
			dx, kernel.Tensor{}, kernel.Tensor{}, x, kernel.Tensor{}, mean, istd, dy,
			kernel.Tensor{}, 1,
		)
		wide := e.New(kernel.F64, 2, cols)
		e.Cast(wide, dx)
		return kernel.Slice[float64](wide)
	}
	got, want := gradient(kernel.F32), gradient(kernel.F64)
	var off, size float64
	for i, w := range want {
		off += (got[i] - w) * (got[i] - w)
		size += w * w
	}
	if off = math.Sqrt(off / size); off > 1e-5 {
		t.Errorf("relative error %.2g, want at most 1e-5", off)
	}
}
