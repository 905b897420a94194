package portable

import (
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
)

// elementGrain is how many elements are worth a task of their own: some ten microseconds of work.
const elementGrain = 1 << 14

// workers runs loops on several goroutines, which all end before the loop returns.
type workers struct{ threads int }

// each calls body for 0..n cut into pieces of grain. The pieces depend on n and grain alone; who runs them and in which order
// doesn't matter as long as a piece writes only what is its own. A panic in body comes out of each.
func (w workers) each(n, grain int, body func(lo, hi int)) {
	pieces := (n + grain - 1) / grain
	if w.threads == 1 || pieces <= 1 {
		for lo := 0; lo < n; lo += grain {
			body(lo, min(lo+grain, n))
		}
		return
	}
	var next atomic.Int64
	var group sync.WaitGroup
	var failed atomic.Pointer[error]
	work := func() {
		defer func() {
			if r := recover(); r != nil {
				err := fmt.Errorf("portable: %v\n%s", r, debug.Stack())
				failed.CompareAndSwap(nil, &err)
				next.Store(int64(pieces))
			}
		}()
		for p := int(next.Add(1)) - 1; p < pieces; p = int(next.Add(1)) - 1 {
			body(p*grain, min((p+1)*grain, n))
		}
	}
	for range min(w.threads, pieces) - 1 {
		group.Go(work)
	}
	work()
	group.Wait()
	if err := failed.Load(); err != nil {
		panic(*err)
	}
}

// rows calls body for pieces of n rows of c columns.
func (w workers) rows(n, c int, body func(lo, hi int)) { w.each(n, rowGrain(c), body) }

// rowGrain is how many rows of c columns make one piece.
func rowGrain(c int) int { return max(1, elementGrain/max(c, 1)) }
