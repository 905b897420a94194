package portable

import (
	"fmt"
	"slices"
	"testing"

	"cmae/internal/rng"
)

// The loops over rows in assembly give the bits of those in Go.
func TestRowLoops(t *testing.T) {
	draw := rng.For(11, rng.Synthetic).NormFloat64
	for _, c := range []int{8, 24, 5} {
		random := func(n int) []float32 {
			x := make([]float32, n)
			for i := range x {
				x[i] = float32(draw())
			}
			return x
		}
		const rows = 7
		x, dy, y, mean := random(rows*c), random(rows*c), random(rows*c), random(c)
		gain, shift, slope := random(c), random(c), random(c)
		for i := 0; i < len(y); i += 3 {
			y[i] = 0
		}
		for name, run := range map[string]func(fast bool, sum, sumX, out []float32){
			"addRows": func(fast bool, sum, _, _ []float32) {
				pick(fast, vector.addRows, addRowsLoop)(sum, x)
			},
			"addSquares": func(fast bool, sum, _, _ []float32) {
				pick(fast, vector.addSquares, addSquaresLoop)(sum, x, mean)
			},
			"addProducts": func(fast bool, sum, sumX, _ []float32) {
				pick(fast, vector.addProducts, addProductsLoop)(sum, sumX, x, dy, nil, mean)
				pick(fast, vector.addProducts, addProductsLoop)(sum, sumX, x, dy, y, mean)
			},
			"normRows": func(fast bool, _, _, out []float32) {
				pick(
					fast, vector.normRows, normRowsLoop[float32],
				)(out, x, mean, gain, shift, nil, false)
			},
			"normRows with all": func(fast bool, _, _, out []float32) {
				pick(
					fast, vector.normRows, normRowsLoop[float32],
				)(out, x, mean, gain, shift, y, true)
			},
			"normGradRows": func(fast bool, _, _, out []float32) {
				pick(
					fast, vector.normGradRows, normGradRowsLoop,
				)(out, x, dy, y, mean, gain, shift, slope)
			},
		} {
			t.Run(fmt.Sprintf("%s/%d", name, c), func(t *testing.T) {
				sums := random(2 * c)
				got := slices.Concat(sums, make([]float32, rows*c))
				want := slices.Clone(got)
				run(true, got[:c], got[c:2*c], got[2*c:])
				run(false, want[:c], want[c:2*c], want[2*c:])
				if !slices.Equal(got, want) {
					t.Fatalf("got %v, want %v", got, want)
				}
			})
		}
	}
}

func pick[F any](first bool, a, b F) F {
	if first {
		return a
	}
	return b
}
