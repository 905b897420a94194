package contrast

import (
	"math"
	"math/rand/v2"

	"cmae/internal/graph/exec"
	"cmae/internal/graph/op"
	"cmae/internal/recipe"
	"cmae/internal/rng"
)

// The queue is a state of the graph, [Q,C]; what it takes in after a step is an output, the
// keys of the whole batch [B,C].
const (
	stateQueue = "queue"
	outKeys    = "keys"
)

// addQueue makes the queue of a recipe, nil where it has none.
func addQueue(b *exec.Builder, c recipe.Contrast, keys *op.Node) *op.Node {
	if c.QueueSize == 0 {
		return nil
	}
	b.Output(outKeys, op.AllGather(b.Comm(), keys))
	return b.State(stateQueue, b.ParamType(), c.QueueSize, c.Out)
}

// startQueue fills the queue with random unit vectors.
func startQueue(f *exec.Func, seed uint64) {
	if f.Has(stateQueue) {
		shape := f.Value(stateQueue).Shape
		exec.Feed(f, stateQueue, unitVectors(rng.For(seed, rng.Queue), shape[0], shape[1]))
	}
}

// unitVectors are random ones [count,width].
func unitVectors(r *rand.Rand, count, width int) []float32 {
	all := make([]float32, 0, count*width)
	for range count {
		all = append(all, unitVector(r, width)...)
	}
	return all
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

// enqueue writes the step's keys over the oldest of the queue, after the loss (spec 1.7); done
// counts the steps before this one. The batch need not divide the queue: where keys reach its end
// they go on at its beginning.
func enqueue(f *exec.Func, done int) {
	if !f.Has(stateQueue) {
		return
	}
	e, queue, keys := f.Engine(), f.Value(stateQueue), f.Value(outKeys)
	size, batch := queue.Shape[0], keys.Shape[0]
	if batch >= size {
		e.Copy(queue, keys.Part(batch-size, batch))
		return
	}
	e.WriteRing(queue, keys, done*batch%size)
}
