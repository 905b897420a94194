package portable

import (
	"math"
	"testing"

	"cmae/internal/rng"
)

// The loops in assembly give what those in Go do, for rows of an even and an odd number of groups.
func TestLayerNormRows(t *testing.T) {
	draw := rng.For(14, rng.Synthetic).NormFloat64
	const rows, eps = 3, 1e-6
	for _, cols := range []int{8, 16, 24, 192, 200, 13} {
		random := func(n int) []float32 {
			x := make([]float32, n)
			for i := range x {
				x[i] = 2 + float32(draw())
			}
			return x
		}
		x, dy, gamma, beta := random(rows*cols), random(rows*cols), random(cols), random(cols)
		type results struct{ y, mean, rstd, dx, dgamma, dbeta []float32 }
		var both [2]results
		for i := range both {
			both[i] = results{
				make([]float32, rows*cols), make([]float32, rows), make([]float32, rows),
				make([]float32, rows*cols), append([]float32(nil), beta...),
				append([]float32(nil), gamma...),
			}
		}
		a, b := both[0], both[1]
		vector.layerNorm(a.y, a.mean, a.rstd, x, gamma, beta, eps)
		layerNormLoop(b.y, b.mean, b.rstd, x, gamma, beta, eps)
		vector.layerNormGrad(a.dx, a.dgamma, a.dbeta, x, gamma, a.mean, a.rstd, dy)
		layerNormGradLoop(b.dx, b.dgamma, b.dbeta, x, gamma, b.mean, b.rstd, dy)
		for name, pair := range map[string][2][]float32{
			"y": {a.y, b.y}, "mean": {a.mean, b.mean}, "rstd": {a.rstd, b.rstd},
			"dx": {a.dx, b.dx}, "dgamma": {a.dgamma, b.dgamma}, "dbeta": {a.dbeta, b.dbeta},
		} {
			for i, v := range pair[0] {
				if !(math.Abs(float64(v-pair[1][i])) <= 1e-5) {
					t.Fatalf(
						"%s of %d columns: element %d is %g, in Go %g",
						name, cols, i, v, pair[1][i],
					)
				}
			}
		}
	}
}
