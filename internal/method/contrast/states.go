package contrast

import (
	"math"
	"math/rand/v2"

	"cmae/internal/graph/exec"
	"cmae/internal/rng"
)

// Start gives the queue and the bank of a new run, where there are such, random unit vectors.
func Start(f *exec.Func, seed uint64) {
	fill(f, stateQueue, rng.For(seed, rng.Queue))
	fill(f, Bank, rng.For(seed, rng.Bank))
}

// After brings queue and bank, where there are such, up to the step; done counts those before it,
// and images are those that it contrasted, of the whole batch.
func After(f *exec.Func, done int, images []int32) {
	enqueue(f, done)
	renew(f, images)
}

// fill draws the rows of a state.
func fill(f *exec.Func, state string, r *rand.Rand) {
	if !f.Has(state) {
		return
	}
	shape := f.Value(state).Shape
	rows := make([]float32, 0, shape[0]*shape[1])
	for range shape[0] {
		rows = append(rows, unitVector(r, shape[1])...)
	}
	exec.Feed(f, state, rows)
}

func unitVector(r *rand.Rand, width int) []float32 {
	v, sum := make([]float32, width), 0.0
	for i := range v {
		x := r.NormFloat64()
		v[i] = float32(x)
		sum += x * x
	}
	for i := range v {
		v[i] /= float32(math.Sqrt(sum))
	}
	return v
}
