package kerneltest

import (
	"math"
	"testing"

	"cmae/internal/kernel"
	"cmae/internal/rng"
)

// Gradient checks a gradient in F64 against central differences.
type Gradient struct {
	Inputs []kernel.Tensor // what may be moved, F64
	Grads  []kernel.Tensor // what Backward writes, one for each input
	Output kernel.Tensor   // what Forward writes, F64
	// Forward computes Output from Inputs. Backward computes Grads from the gradient of Output.
	Forward  func()
	Backward func(dy kernel.Tensor)
}

// Check compares, for a random dy, the gradient of the sum of dy*Output with differences of step
// 1e-5: their error is about 1e-10 of the values, so tolerance, relative to the largest gradient,
// can be 1e-7.
func (g Gradient) Check(t *testing.T, e kernel.Engine, tolerance float64) {
	t.Helper()
	const step = 1e-5
	draw := rng.For(2, rng.Synthetic).NormFloat64
	weights := make([]float64, g.Output.Len())
	for i := range weights {
		weights[i] = draw()
	}
	dy := e.New(kernel.F64, g.Output.Shape...)
	Fill(e, dy, weights)
	g.Forward()
	g.Backward(dy)
	for i, x := range g.Inputs {
		values, want := Values(e, x), make([]float64, x.Len())
		at := func(j int, v float64) float64 {
			moved := append([]float64(nil), values...)
			moved[j] = v
			Fill(e, x, moved)
			g.Forward()
			var s float64
			for k, y := range Values(e, g.Output) {
				s += weights[k] * y
			}
			return s
		}
		for j, v := range values {
			want[j] = (at(j, v+step) - at(j, v-step)) / (2 * step)
		}
		Fill(e, x, values)
		got := Values(e, g.Grads[i])
		largest := 1.0
		for _, v := range want {
			largest = max(largest, math.Abs(v))
		}
		for j := range want {
			if d := math.Abs(got[j] - want[j]); !(d <= tolerance*largest) {
				t.Errorf("input %d, element %d: gradient %v, differences %v", i, j, got[j], want[j])
				break
			}
		}
	}
}
