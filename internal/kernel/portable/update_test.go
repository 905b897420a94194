package portable

import (
	"math"
	"slices"
	"testing"

	"cmae/internal/kernel"
	"cmae/internal/rng"
)

// The update loops in assembly give the bits of those in Go: they do the same operations in the
// same order.
func TestUpdateLoops(t *testing.T) {
	draw := rng.For(8, rng.Synthetic).NormFloat64
	rates := ratesOf[float32](
		kernel.AdamW{
			Beta1: 0.9, Beta2: 0.95, Eps: 1e-8, WeightDecay: 0.05,
			Scheduled: kernel.Scheduled{LR: 1e-2, Step: 3, GradScale: 0.5},
		},
	)
	for n := range 40 {
		random := func() []float32 {
			x := make([]float32, n)
			for i := range x {
				x[i] = float32(draw())
			}
			return x
		}
		p, g, m, v := random(), random(), random(), random()
		for i := range v {
			v[i] *= v[i]
		}
		got, want := slices.Concat(p, m, v), slices.Concat(p, m, v)
		vector.adamW(got[:n], g, got[n:2*n], got[2*n:], rates)
		adamWLoop(want[:n], g, want[n:2*n], want[2*n:], rates)
		if !slices.Equal(got, want) {
			t.Fatalf("AdamW of %d: got %v, want %v", n, got, want)
		}
		got, want = slices.Clone(p), slices.Clone(p)
		vector.momentum(got, g, 0.9, 0.1)
		momentumLoop(want, g, 0.9, 0.1)
		if !slices.Equal(got, want) {
			t.Fatalf("momentum of %d: got %v, want %v", n, got, want)
		}
		// another order of summation in float64
		if got, want := vector.dot(p, g), dotLoop(p, g); math.Abs(got-want) > 1e-13*float64(n) {
			t.Fatalf("dot of %d: got %v, want %v", n, got, want)
		}
	}
}

func TestNormShowsNaN(t *testing.T) {
	e := New(2)
	norm := e.New(kernel.F64)
	for _, at := range []int{0, 17, 40000} {
		x := e.New(kernel.F32, 40001)
		kernel.Slice[float32](x)[at] = float32(math.NaN())
		e.Norm(norm, []kernel.Tensor{x})
		if s := kernel.Scalar(e, norm); s == s {
			t.Errorf("NaN at %d: norm is %v", at, s)
		}
	}
}
