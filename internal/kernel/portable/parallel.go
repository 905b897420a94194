package portable

import (
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
)

// elementGrain is how many elements are worth a task of their own: some ten microseconds of work.
const elementGrain = 1 << 14

// workers runs loops on several goroutines, all of which have left the loop when it returns.
type workers struct {
	threads int
	loops   chan *loop // on offer to the goroutines beside the caller's; nil for one thread
}

// newWorkers starts the goroutines, which wait for loops until stop.
func newWorkers(threads int) workers {
	w := workers{threads: threads}
	if threads > 1 {
		w.loops = make(chan *loop, 4*threads)
	}
	for range threads - 1 {
		go func() {
			for l := range w.loops {
				l.help()
			}
		}()
	}
	return w
}

func (w workers) stop() {
	if w.loops != nil {
		close(w.loops)
	}
}

// loop is one call of each in progress.
type loop struct {
	body     func(lo, hi int)
	n, grain int
	next     atomic.Int64  // piece
	offers   atomic.Int64  // that nobody has worked off
	done     chan struct{} // told when none is left
	failed   atomic.Pointer[error]
}

// spare keeps loops for the next calls, of which training makes thousands a step.
var spare = sync.Pool{New: func() any { return &loop{done: make(chan struct{}, 1)} }}

// each calls body for 0..n cut into pieces of grain. The pieces depend on n and grain alone; who
// runs them and in which order doesn't matter as long as a piece writes only what is its own. A
// panic in body comes out of each.
func (w workers) each(n, grain int, body func(lo, hi int)) {
	pieces := (n + grain - 1) / grain
	if w.threads == 1 || pieces <= 1 {
		for lo := 0; lo < n; lo += grain {
			body(lo, min(lo+grain, n))
		}
		return
	}
	l := spare.Get().(*loop)
	l.body, l.n, l.grain = body, n, grain
	l.next.Store(0)
	l.offers.Store(int64(min(w.threads, pieces))) // one is the caller's own
	for range min(w.threads, pieces) - 1 {
		w.loops <- l
	}
	l.help()
	w.wait(l)
	err := l.failed.Swap(nil)
	l.body = nil
	spare.Put(l)
	if err != nil {
		panic(*err)
	}
}

// wait takes up offers itself, so that no loop waits for a goroutine that waits for a loop.
func (w workers) wait(l *loop) {
	for {
		select {
		case other := <-w.loops:
			other.help()
		case <-l.done:
			return
		}
	}
}

// help works off one offer.
func (l *loop) help() {
	l.work()
	if l.offers.Add(-1) == 0 {
		l.done <- struct{}{}
	}
}

func (l *loop) work() {
	defer func() {
		if r := recover(); r != nil {
			err := fmt.Errorf("portable: %v\n%s", r, debug.Stack())
			l.failed.CompareAndSwap(nil, &err)
			l.next.Store(int64(l.n))
		}
	}()
	for {
		lo := (int(l.next.Add(1)) - 1) * l.grain
		if lo >= l.n {
			return
		}
		l.body(lo, min(lo+l.grain, l.n))
	}
}

// rows calls body for pieces of n rows of c columns.
func (w workers) rows(n, c int, body func(lo, hi int)) { w.each(n, rowGrain(c), body) }

// rowGrain is how many rows of c columns make one piece.
func rowGrain(c int) int { return max(1, elementGrain/max(c, 1)) }
