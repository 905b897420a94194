package onednn

import (
	"math/rand/v2"
	"testing"

	"cmae/internal/kernel"
)

// BenchmarkHandOver alternates the library's threads with Go's, as a training step does: an idle team that spins slows the second,
// one that sleeps is slow to start.
func BenchmarkHandOver(b *testing.B) {
	e := open(b)
	r := rand.New(rand.NewPCG(1, 2))
	x, y := normal(e, r, kernel.F32, 1088, 768), normal(e, r, kernel.F32, 1088, 768)
	w := normal(e, r, kernel.F32, 768, 768)
	qkv, out := normal(e, r, kernel.F32, 64, 17, 3*192), normal(e, r, kernel.F32, 64, 17, 192)
	b.Run("library", func(b *testing.B) { timed(b, e, 0, func() { e.Attention(out, kernel.Tensor{}, qkv, 3) }) })
	b.Run("library+go", func(b *testing.B) {
		timed(b, e, 0, func() {
			e.Linear(y, x, w, kernel.Epilogue{})
			e.Add(y, y, x)
		})
	})
}
