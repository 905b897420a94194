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
	draw := rng.For(10, rng.Synthetic).NormFloat64
	x, dy := make([]float64, 2*cols), make([]float64, 2*cols)
	for i := range x {
		x[i], dy[i] = float64(float32(3+0.05*draw())), float64(float32(draw()))
	}
	_, got := batchNormIn(kernel.F32, x, dy, cols)
	_, want := batchNormIn(kernel.F64, x, dy, cols)
	if off := relativeError(got, want); off > 1e-5 {
		t.Errorf("relative error %.2g, want at most 1e-5", off)
	}
}

// Many rows of few columns, as the pixels of a narrow ResNet: float32 sums of thousands of rows
// would be off by 5e-6.
func TestBatchNormOfManyRows(t *testing.T) {
	const rows, cols = 8192, 4
	draw := rng.For(11, rng.Synthetic).NormFloat64
	x, dy := make([]float64, rows*cols), make([]float64, rows*cols)
	for i := range x {
		x[i], dy[i] = float64(float32(1+draw())), float64(float32(1+draw()))
	}
	got, gotGradient := batchNormIn(kernel.F32, x, dy, cols)
	want, gradient := batchNormIn(kernel.F64, x, dy, cols)
	if off := relativeError(got, want); off > 3e-7 {
		t.Errorf("relative error %.2g, want at most 3e-7", off)
	}
	if off := relativeError(gotGradient, gradient); off > 1e-6 {
		t.Errorf("relative error of the gradient %.2g, want at most 1e-6", off)
	}
}

// batchNormIn computes in one type y and dx of x[R,C].
func batchNormIn(kind kernel.DType, xs, dys []float64, cols int) (ys, dxs []float64) {
	e, rows := New(1), len(xs)/cols
	x, dy, y := e.New(kind, rows, cols), e.New(kind, rows, cols), e.New(kind, rows, cols)
	dx := e.New(kind, rows, cols)
	mean, istd := e.New(kind, 1, cols), e.New(kind, 1, cols)
	kerneltest.Fill(e, x, xs)
	kerneltest.Fill(e, dy, dys)
	e.BatchNorm(y, mean, istd, x, kernel.Tensor{}, kernel.Tensor{}, 1e-5, 1, kernel.Finish{})
	e.BatchNormGrad(
		dx, kernel.Tensor{}, kernel.Tensor{}, x, kernel.Tensor{}, mean, istd, dy, kernel.Tensor{},
		1,
	)
	return kernel.Read[float64](e, y), kernel.Read[float64](e, dx)
}

// relativeError is the norm of the difference, of that of want.
func relativeError(got, want []float64) float64 {
	var off, size float64
	for i, w := range want {
		off += (got[i] - w) * (got[i] - w)
		size += w * w
	}
	return math.Sqrt(off / size)
}
