package portable

import (
	"math"
	"testing"
)

// geluPath is one way to compute GELU in float32.
type geluPath struct {
	name     string
	gelu     func(y, x []float32)
	gradient func(dx, x, dy []float32)
}

// geluPaths are those that this machine has.
var geluPaths = []geluPath{{"Go", geluLoop[float32], geluGradLoop[float32]}}

// float32s is a sweep that is dense where anything happens, and numbers from all binades of both
// signs.
func float32s() []float32 {
	var x []float32
	sweep(-13.5, 13.5, 100001, func(v float32) { x = append(x, v) })
	sweep(-1.01, 1.01, 50001, func(v float32) { x = append(x, v) })
	for bits := uint32(0); bits < 0x7f800000; bits += 0x1fedb {
		v := math.Float32frombits(bits)
		x = append(x, v, -v)
	}
	return x
}

// A float32 result rounds to 6e-8 of its size, and the paths round three times. Phi is y/x; gelu'
// reaches 1.13, of which rounding is 6e-8.
func TestGELU32(t *testing.T) {
	x := float32s()
	y, dx, dy := make([]float32, len(x)), make([]float32, len(x)), make([]float32, len(x))
	for i := range dy {
		dy[i] = 1
	}
	for _, path := range geluPaths {
		t.Run(path.name, func(t *testing.T) {
			path.gelu(y, x)
			path.gradient(dx, x, dy)
			var near, tail, gradient, bias float64
			for i, v := range x {
				phi, density := normal(float64(v))
				want := float64(v) * phi
				switch off := math.Abs(float64(y[i])/want - 1); {
				case math.Abs(want) < 0x1p-126:
					if math.Abs(float64(y[i])-want) > 0x1p-126 {
						t.Fatalf("gelu(%v) = %v, want %v", v, y[i], want)
					}
				case v > -6:
					near = max(near, off)
				default:
					tail = max(tail, off)
				}
				if i < 100001 {
					bias += float64(y[i]) - want
				}
				gradient = max(gradient, math.Abs(float64(dx[i])-phi-float64(v)*density))
			}
			bias /= 100001
			t.Logf(
				"largest errors: gelu %.3g, below -6 %.3g, gradient %.3g; bias %.2g", near, tail,
				gradient, bias,
			)
			if near > 2e-7 || tail > 2.2e-7 || gradient > 1.2e-7 || math.Abs(bias) > 2e-9 {
				t.Errorf("errors above 2e-7, 2.2e-7, 1.2e-7, 2e-9")
			}
		})
	}
}

func TestGELU32AtTheEnds(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	for _, path := range geluPaths {
		for _, c := range []struct{ x, y, slope float32 }{
			{0, 0, 0.5}, {20, 20, 1}, {-20, 0, 0}, {1e30, 1e30, 1}, {-1e30, 0, 0}, {inf, inf, 1},
			{-inf, 0, 0}, {nan, nan, nan},
		} {
			var y, dx [1]float32
			path.gelu(y[:], []float32{c.x})
			path.gradient(dx[:], []float32{c.x}, []float32{1})
			same := func(a, b float32) bool { return a == b || a != a && b != b }
			if !same(y[0], c.y) || !same(dx[0], c.slope) {
				t.Errorf(
					"%s at %v: %v with slope %v, want %v and %v", path.name, c.x, y[0], dx[0], c.y,
					c.slope,
				)
			}
		}
	}
}
