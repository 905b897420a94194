package kernel

import (
	"math"
	"testing"
)

func TestFinite(t *testing.T) {
	for x, want := range map[float64]bool{
		0: true, -1.5: true, math.MaxFloat64: true, math.Inf(1): false, math.Inf(-1): false,
	} {
		if Finite(x) != want {
			t.Errorf("%g: %v", x, !want)
		}
	}
	if Finite(math.NaN()) || Finite(float32(math.Inf(1))) || !Finite(float32(math.MaxFloat32)) {
		t.Error("NaN, or a float32")
	}
}
