package pretrain

import (
	"math"
	"math/rand/v2"

	"cmae/internal/kernel"
	"cmae/internal/rng"
)

// initialQueue holds random unit vectors [count,width].
func initialQueue(seed uint64, count, width int) []float32 {
	r := rng.For(seed, rng.Queue)
	queue := make([]float32, 0, count*width)
	for range count {
		queue = append(queue, unitVector(r, width)...)
	}
	return queue
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

// Queue is the memory of past keys, absent without them.
func (s *Step) Queue() kernel.Tensor {
	if !s.Has(outKeys) {
		return kernel.Tensor{}
	}
	return s.Value("queue")
}

// Enqueue writes the step's keys over the oldest of the queue, after the loss (spec 1.7); done
// counts the steps before this one. The batch need not divide the queue: where keys reach its end
// they go on at its beginning.
func (s *Step) Enqueue(done int) {
	e, queue := s.Engine(), s.Queue()
	if queue.Absent() {
		return
	}
	keys := s.Value(outKeys)
	size, batch := queue.Shape[0], keys.Shape[0]
	if batch >= size {
		e.Copy(queue, keys.Part(batch-size, batch))
		return
	}
	from := done * batch % size
	head := min(batch, size-from)
	e.Copy(queue.Part(from, from+head), keys.Part(0, head))
	if head < batch {
		e.Copy(queue.Part(0, batch-head), keys.Part(head, batch))
	}
}
