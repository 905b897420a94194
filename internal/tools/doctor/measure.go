package doctor

import (
	"math"
	"time"

	"cmae/internal/kernel"
)

// matMulRate is the rate in GFLOP/s of one Linear of a small transformer in type t (F32 or
// BF16), best of several runs: about 50 ms with a fast engine. Call it on the thread that owns e.
func matMulRate(e kernel.Engine, t kernel.DType) float64 {
	const r, k, n, runs = 544, 768, 768, 8
	y, x, w := e.New(t, r, n), e.New(t, r, k), e.New(t, n, k)
	defer func() { e.Free(y); e.Free(x); e.Free(w) }()
	best := time.Duration(math.MaxInt64)
	for range runs {
		start := time.Now()
		e.Linear(y, x, w, kernel.Epilogue{})
		kernel.Wait(e, y)
		best = min(best, time.Since(start))
	}
	return 2 * r * k * n / best.Seconds() / 1e9
}
