package verify

import (
	"math"
	"testing"

	"cmae/internal/kernel"
	"cmae/internal/kernel/kerneltest"
	"cmae/internal/kernel/portable"
	"cmae/internal/rng"
)

// TestRoundingMoves: one rounding moves little in an ordinary step, and much in one over two
// images, whose reference is as far from float64 as that.
func TestRoundingMoves(t *testing.T) {
	for file, most := range map[string]float64{"cmae": 1e-5, "two-images": 1e-2} {
		r := open(t, file)
		moves, err := r.roundingMoves()
		if err != nil {
			t.Fatal(err)
		}
		c := comparison{reference: r, Tolerance: F32, grads: map[string][]float64{}}
		if err := c.readScales(); err != nil {
			t.Fatal(err)
		}
		worst := 0.0
		for of := range c.grads {
			worst = max(worst, moves["grad."+of]/c.gradientScale(of))
		}
		if worst == 0 || worst > most || file == "two-images" && worst < 1e-4 {
			t.Errorf(
				"%s: one rounding moves a gradient by %.1e, want at most %.1e", file, worst, most,
			)
		}
	}
}

// TestRoundingBatchNorm: the formulas agree with the engine's but for the errors they make, with
// and without parameters, residual and ReLU, in groups.
func TestRoundingBatchNorm(t *testing.T) {
	const rows, cols, groups = 12, 5, 2
	e := portable.New(1)
	defer e.Close()
	r := rounding{e, rng.For(1, rng.Synthetic)}
	draw := rng.For(2, rng.Synthetic).NormFloat64
	fill := func(shape ...int) kernel.Tensor {
		x := e.New(kernel.F64, shape...)
		values := make([]float64, x.Len())
		for i := range values {
			values[i] = draw()
		}
		kerneltest.Fill(e, x, values)
		return x
	}
	x, dy, gamma, beta := fill(rows, cols), fill(rows, cols), fill(cols), fill(cols)
	for i := range 4 {
		finish := kernel.Finish{ReLU: i&1 != 0}
		if i&2 != 0 {
			finish.Residual = fill(rows, cols)
		}
		for _, affine := range []bool{false, true} {
			var scale, shift kernel.Tensor
			if affine {
				scale, shift = gamma, beta
			}
			run := func(engine kernel.Engine) []kernel.Tensor {
				y, dx := e.New(kernel.F64, rows, cols), e.New(kernel.F64, rows, cols)
				mean, istd := e.New(kernel.F64, groups, cols), e.New(kernel.F64, groups, cols)
				var dgamma, dbeta, result kernel.Tensor
				if affine {
					dgamma, dbeta = e.New(kernel.F64, cols), e.New(kernel.F64, cols)
				}
				engine.BatchNorm(y, mean, istd, x, scale, shift, 1e-5, groups, finish)
				if finish.ReLU {
					result = y
				}
				engine.BatchNormGrad(dx, dgamma, dbeta, x, scale, mean, istd, dy, result, groups)
				return []kernel.Tensor{y, dx, dgamma, dbeta}
			}
			got, want := run(r), run(e)
			for j := range got {
				a, b := kernel.Slice[float64](got[j]), kernel.Slice[float64](want[j])
				off := distance(a, b) / orOne(norm(b))
				if off > 1e-6 || off == 0 && len(b) > 0 || math.IsNaN(off) {
					t.Errorf("finish %d, affine %t: result %d is off by %.1e", i, affine, j, off)
				}
			}
		}
	}
}
