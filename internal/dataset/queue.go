package dataset

import "sync"

// queueBytes is how many bytes of pixels may wait for their turn.
const queueBytes = 256 << 20

// queue brings samples back into their order. A worker may always decode the one whose turn is
// next, and others while there is room.
type queue struct {
	mu             sync.Mutex
	change         *sync.Cond
	total, most    int            // samples: all, and those that may be ahead
	begun, emitted int            // how far they are
	waiting        map[int]sample // decoded ones
	bytes          int            // of them
	stopped        bool
}

func newQueue(total, most int) *queue {
	q := &queue{total: total, most: most, waiting: map[int]sample{}}
	q.change = sync.NewCond(&q.mu)
	return q
}

// take gives a worker the next to decode; false when there is none.
func (q *queue) take() (i int, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for !q.stopped && q.begun < q.total && q.begun > q.emitted &&
		(q.bytes >= queueBytes || q.begun-q.emitted >= q.most) {
		q.change.Wait()
	}
	if q.stopped || q.begun == q.total {
		return 0, false
	}
	q.begun++
	return q.begun - 1, true
}

func (q *queue) put(i int, one sample) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting[i] = one
	q.bytes += len(one.img.Pix)
	q.change.Broadcast()
}

// next waits for the sample whose turn it is; false after the last, or when all is stopped.
func (q *queue) next() (one sample, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for {
		if q.stopped || q.emitted == q.total {
			return one, false
		}
		if one, ok = q.waiting[q.emitted]; ok {
			delete(q.waiting, q.emitted)
			q.emitted++
			q.bytes -= len(one.img.Pix)
			q.change.Broadcast()
			return one, true
		}
		q.change.Wait()
	}
}

// stop ends all waiting.
func (q *queue) stop() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.stopped = true
	q.change.Broadcast()
}
