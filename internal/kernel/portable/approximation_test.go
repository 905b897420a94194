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
		{0, 1}, {-100, 0}, {89, float32(math.Inf(1))}, {
			float32(math.Inf(1)), float32(math.Inf(1)),
		}, {float32(math.Inf(-1)), 0},
	} {
		if got := exp32(c.x); got != c.want {
			t.Errorf("exp32(%v) = %v, want %v", c.x, got, c.want)
		}
	}
	if nan := float32(math.NaN()); exp32(nan) == exp32(nan) {
		t.Error("exp32(NaN) is a number")
	}
}
