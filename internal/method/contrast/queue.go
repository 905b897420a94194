package contrast

import (
	"cmae/internal/graph/exec"
	"cmae/internal/graph/op"
	"cmae/internal/recipe"
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
	oldest := make([]int32, batch)
	for i := range oldest {
		oldest[i] = int32((done*batch + i) % size)
	}
	e.WriteRows(queue, keys, oldest)
}
