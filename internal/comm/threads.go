package comm

import (
	"sync"

	"cmae/internal/kernel"
)

// threads is a group of replicas in one process, whose engines compute in host memory and so read
// each other's tensors.
type threads struct {
	mu      sync.Mutex
	changed *sync.Cond
	inputs  [][]kernel.Tensor // of each member, between the two meetings of a collective
	arrived int
	round   int   // meetings so far
	failed  error // of a member, which then comes to no meeting
}

func newThreads(size int) *threads {
	g := &threads{inputs: make([][]kernel.Tensor, size)}
	g.changed = sync.NewCond(&g.mu)
	return g
}

// open readies the group for new work.
func (g *threads) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.arrived, g.failed = 0, nil
}

// abort lets those go who wait, and those who would.
func (g *threads) abort(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.failed = err
	g.changed.Broadcast()
}

// meet waits until every member has called it.
func (g *threads) meet() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.wait()
}

// exchange gives a member the inputs of all. They stay valid until the member's next meeting.
func (g *threads) exchange(rank int, inputs []kernel.Tensor) [][]kernel.Tensor {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inputs[rank] = inputs
	g.wait()
	return g.inputs
}

func (g *threads) wait() {
	if g.arrived++; g.arrived == len(g.inputs) && g.failed == nil {
		g.arrived = 0
		g.round++
		g.changed.Broadcast()
		return
	}
	for round := g.round; g.round == round; g.changed.Wait() {
		if g.failed != nil {
			panic(ErrAborted)
		}
	}
}

// member is a thread's membership. Each collective begins with a meeting, after which the members
// read each other's tensors, and ends with another, after which these may change.
type member struct {
	*threads
	rank   int
	engine kernel.Engine
}

var _ Comm = member{}

func (m member) Rank() int { return m.rank }
func (m member) Size() int { return len(m.inputs) }

// AllGather copies every shard to this member's dst.
func (m member) AllGather(dst, src kernel.Tensor) {
	rows := src.Shape[0]
	for rank, inputs := range m.exchange(m.rank, []kernel.Tensor{src}) {
		m.engine.Copy(dst.Part(rank*rows, (rank+1)*rows), inputs[0])
	}
	m.meet()
}

// AllReduce is Reduce, after which each member copies its sums to the others.
func (m member) AllReduce(tensors ...kernel.Tensor) {
	all := m.exchange(m.rank, tensors)
	for i := range tensors {
		sum := m.sum(all, i)
		for _, other := range all[1:] {
			m.engine.Copy(m.share(other[i]), sum)
		}
	}
	m.meet()
}

// Reduce divides the elements of each tensor among the members. Each adds its own up in the first
// member's memory.
func (m member) Reduce(tensors ...kernel.Tensor) {
	all := m.exchange(m.rank, tensors)
	for i := range tensors {
		m.sum(all, i)
	}
	m.meet()
}

// sum adds this member's elements of the i-th tensor of all up, in the first member's memory.
func (m member) sum(all [][]kernel.Tensor, i int) kernel.Tensor {
	sum := m.share(all[0][i])
	for _, other := range all[1:] {
		m.engine.Add(sum, sum, m.share(other[i]))
	}
	return sum
}

// share is this member's elements of a tensor. The last member has the rest, so that no two write
// to one cache line.
func (m member) share(t kernel.Tensor) kernel.Tensor {
	const line = 16 // numbers in float32
	each := t.Len() / len(m.inputs) &^ (line - 1)
	lo, hi := m.rank*each, (m.rank+1)*each
	if m.rank == len(m.inputs)-1 {
		hi = t.Len()
	}
	return t.At(lo*t.Type.Size(), t.Type, hi-lo)
}

// alone is the Comm of a single replica, which has the whole batch.
type alone struct{ engine kernel.Engine }

func (alone) Rank() int                          { return 0 }
func (alone) Size() int                          { return 1 }
func (alone) AllReduce(...kernel.Tensor)         {}
func (alone) Reduce(...kernel.Tensor)            {}
func (a alone) AllGather(dst, src kernel.Tensor) { a.engine.Copy(dst, src) }
