package exec

import (
	"slices"
	"time"

	"cmae/internal/comm"
	"cmae/internal/kernel"
)

// bucketBytes is how many bytes of gradients travel at once: enough that a message's latency is
// little, few enough that the first leave early.
const bucketBytes = 4 << 20

// sendEarly has the gradients summed over the processes while the backward pass still runs: they
// are put into buckets in the order in which they are computed, and a bucket leaves when its last
// one is there, in the last of the runs that accumulate.
func (f *Func) sendEarly(s *shard, c comm.Later) {
	order := make([]int, len(s.grads))
	ready := make([]int, len(s.grads))
	for i, n := range s.gradients {
		order[i], ready[i] = i, s.machine.Step(n)
	}
	slices.SortStableFunc(order, func(a, b int) int { return ready[a] - ready[b] })
	from, bytes := 0, 0
	for i, number := range order {
		g := s.grads[number]
		bytes += g.Bytes()
		last := i == len(order)-1
		if bytes < bucketBytes && !last && s.grads[order[i+1]].Type == g.Type {
			continue
		}
		bucket := order[from : i+1]
		s.machine.Then(ready[number], func() { f.send(s, c, bucket) })
		from, bytes = i+1, 0
	}
}

// send accumulates the gradients of a bucket, and sends their sums off.
func (f *Func) send(s *shard, c comm.Later, bucket []int) {
	sums := make([]kernel.Tensor, len(bucket))
	for i, number := range bucket {
		f.accumulate(s, number)
		sums[i] = s.sums[number]
	}
	if f.last() {
		c.AllReduceLater(sums...)
	}
}

// Spent is how long processes spoke to each other, and how long the first replica waited for that,
// having nothing else to compute.
type Spent struct {
	Runs          int
	Spoke, Waited time.Duration
}

// Add counts a run.
func (s *Spent) Add(spoke, waited time.Duration) {
	s.Runs++
	s.Spoke += spoke
	s.Waited += waited
}

// Since is what was spent after before.
func (s Spent) Since(before Spent) Spent {
	return Spent{s.Runs - before.Runs, s.Spoke - before.Spoke, s.Waited - before.Waited}
}

// Spent is how long the runs so far spent on communication; nothing where one process computes.
func (f *Func) Spent() Spent { return f.shards[0].spent }
