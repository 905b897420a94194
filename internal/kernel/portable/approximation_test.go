package portable

import (
	"math"
	"testing"
)

// sweep calls body for float32 numbers from lo to hi, n of them.
func sweep(lo, hi float64, n int, body func(x float32)) {
	for i := range n {
		body(float32(lo + (hi-lo)*float64(i)/float64(n-1)))
	}
}

func TestExp32(t *testing.T) {
	var worst float64
	sweep(-87, 88.7, 400001, func(x float32) {
		want := math.Exp(float64(x))
		worst = max(worst, math.Abs(float64(exp32(x))-want)/want)
	})
	t.Logf("largest relative error %.2g", worst)
	if worst > 2e-7 {
		t.Errorf("relative error %.2g, want at most 2e-7", worst)
	}
	for _, c := range []struct{ x, want float32 }{
		{0, 1}, {-100, 0}, {89, float32(math.Inf(1))}, {float32(math.Inf(1)), float32(math.Inf(1))}, {float32(math.Inf(-1)), 0},
	} {
		if got := exp32(c.x); got != c.want {
			t.Errorf("exp32(%v) = %v, want %v", c.x, got, c.want)
		}
	}
	if nan := float32(math.NaN()); exp32(nan) == exp32(nan) {
		t.Error("exp32(NaN) is a number")
	}
}

// The formula is good to 1.5e-7 in erf, so half of it in the distribution; float32 adds its own 6e-8.
func TestGELU32(t *testing.T) {
	var inErf, inGELU, inGradient float64
	var y, dx [1]float32
	sweep(-12, 12, 400001, func(x float32) {
		v := float64(x)
		wantErf, density := math.Erf(v/math.Sqrt2), math.Exp(-v*v/2)/math.Sqrt(2*math.Pi)
		phi, _ := normal32(x)
		inErf = max(inErf, math.Abs(2*float64(phi)-1-wantErf))
		gelu(y[:], []float32{x})
		inGELU = max(inGELU, math.Abs(float64(y[0])-v*(1+wantErf)/2)/max(1, math.Abs(v)))
		geluGrad(dx[:], []float32{x}, []float32{1})
		inGradient = max(inGradient, math.Abs(float64(dx[0])-(1+wantErf)/2-v*density))
	})
	t.Logf("largest errors: erf %.2g, gelu %.2g, gradient %.2g", inErf, inGELU, inGradient)
	if inErf > 1e-6 || inGELU > 4e-7 || inGradient > 4e-7 {
		t.Errorf("errors: erf %.2g, gelu %.2g, gradient %.2g, want at most 1e-6, 4e-7, 4e-7", inErf, inGELU, inGradient)
	}
	gelu(y[:], []float32{float32(math.NaN())})
	if y[0] == y[0] {
		t.Error("gelu(NaN) is a number")
	}
	for _, far := range []float32{-100, -20, 100, 1e30} {
		if gelu(y[:], []float32{far}); y[0] != max(far, 0) {
			t.Errorf("gelu(%v) = %v", far, y[0])
		}
	}
}
