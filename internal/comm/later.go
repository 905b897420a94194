package comm

import (
	"sync"
	"time"

	"cmae/internal/kernel"
)

// Later is a Comm whose sums may travel while their members compute on.
type Later interface {
	Comm
	// AllReduceLater begins an all-reduce. The tensors hold their sums after Arrived; nobody
	// touches them before.
	AllReduceLater(tensors ...kernel.Tensor)
	// Arrived waits for all that was begun. It tells the first member of a process how long that
	// was speaking to the others since the last call, and how long the member waited for it.
	Arrived() (spoke, waited time.Duration)
}

// later is the all-reduces of a process that are under way. The members all begin the same ones in
// the same order, and the last to begin one sends it off.
type later struct {
	processes Processes
	reduction *reduction
	half      bool // what is summed for its gradients, by Reduce too, travels as bfloat16
	threads   int

	mu      sync.Mutex
	begun   []int               // by each member
	buckets [][][]kernel.Tensor // of all members, by number
	waits   []func()
	spoke   time.Duration
	waited  time.Duration
}

// job has the thread that speaks do f, and counts how long that takes.
func (l *later) job(f func(link Link)) (wait func()) {
	return l.processes.Go(func(link Link) {
		start := time.Now()
		f(link)
		l.mu.Lock()
		defer l.mu.Unlock()
		l.spoke += time.Since(start)
	})
}

// count counts how long a member has waited.
func (l *later) count(since time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waited += time.Since(since)
}

func (l *later) begin(rank int, tensors []kernel.Tensor) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.begun == nil {
		l.begun = make([]int, l.threads)
	}
	number := l.begun[rank]
	l.begun[rank]++
	if number == len(l.buckets) {
		l.buckets = append(l.buckets, make([][]kernel.Tensor, l.threads))
	}
	all := l.buckets[number]
	all[rank] = tensors
	for _, operands := range all {
		if operands == nil {
			return
		}
	}
	l.waits = append(l.waits, l.job(func(link Link) {
		l.reduction.run(link, l.processes, all, l.half)
	}))
}

// forget readies for the next step what was under way, which is done or given up.
func (l *later) forget() (spoke, waited time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	spoke, waited = l.spoke, l.waited
	clear(l.begun)
	l.buckets, l.waits, l.spoke, l.waited = nil, nil, 0, 0
	return spoke, waited
}

// AllReduceLater is Later's.
func (s spread) AllReduceLater(tensors ...kernel.Tensor) {
	if !s.host {
		s.Reduce(tensors...)
		return
	}
	s.later.begin(s.rank, tensors)
}

// Arrived is Later's.
func (s spread) Arrived() (spoke, waited time.Duration) {
	start := time.Now()
	s.meet()
	if s.rank == 0 {
		for _, wait := range s.later.waits {
			wait()
		}
		s.later.count(start)
		spoke, waited = s.later.forget()
	}
	s.meet()
	return spoke, waited
}
