package onednn

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"cmae/internal/kernel"
)

// BenchmarkPasses compares what only moves memory, in Go and in oneDNN.
func BenchmarkPasses(b *testing.B) {
	fast := open(b)
	r := rand.New(rand.NewPCG(1, 2))
	const R, C = 1088, 768
	for _, t := range []kernel.DType{kernel.F32, kernel.BF16} {
		h, dh, y := normal(fast, r, t, R, 4*C), normal(fast, r, t, R, 4*C), normal(fast, r, t, R, 4*C)
		x, dx, res := normal(fast, r, kernel.F32, R, C), normal(fast, r, kernel.F32, R, C), normal(fast, r, kernel.F32, R, C)
		n, dn := normal(fast, r, t, R, C), normal(fast, r, t, R, C)
		gamma, beta := normal(fast, r, kernel.F32, C), normal(fast, r, kernel.F32, C)
		mean, rstd := normal(fast, r, kernel.F32, R), normal(fast, r, kernel.F32, R)
		for _, e := range []kernel.Engine{fast.Engine, fast} {
			for _, c := range []struct {
				name string
				run  func()
			}{
				{"GELU", func() { e.GELU(y, h) }},
				{"GELUGrad", func() { e.GELUGrad(dh, h, y) }},
				{"LayerNorm", func() { e.LayerNorm(n, mean, rstd, x, gamma, beta, 1e-6) }},
				{"LayerNormGrad", func() { e.LayerNormGrad(dx, gamma, beta, x, gamma, mean, rstd, dn, res) }},
				{"Add", func() { e.Add(dx, x, res) }},
				{"Cast", func() { e.Cast(n, x) }},
				{"Copy", func() { e.Copy(dx, x) }},
			} {
				b.Run(fmt.Sprintf("%s/%s/%s", c.name, t, e.Name()), func(b *testing.B) { timed(b, fast, 0, c.run) })
			}
		}
	}
}
