package loader

import (
	"context"
	"io"
	"sync"
	"sync/atomic"

	"cmae/internal/dataset/augment"
)

// rowsPerTask is how much of a batch a worker takes at once: large enough to hide the hand-over,
// small enough that all workers share each batch, so that memory grows with prefetch and not with
// cores.
const rowsPerTask = 4

// Stream hands out the batches of an epoch in order, made ahead by workers. One goroutine may use
// it. The time that Next takes is the time the step waits for data.
type Stream struct {
	ctx     context.Context
	cancel  context.CancelFunc
	workers sync.WaitGroup
	pending chan *pendingBatch // in order, as many as prefetch
	tasks   chan task
	head    *pendingBatch // taken from pending already, by Peek
}

// pendingBatch is a batch that workers are filling.
type pendingBatch struct {
	batch *Batch
	open  atomic.Int32 // rows not made yet
	done  chan struct{}
}

// task is a range of rows to make.
type task struct {
	of          *pendingBatch
	first, last int
}

func newStream(ctx context.Context, e *epochOf, firstStep int) *Stream {
	s := &Stream{pending: make(chan *pendingBatch, e.opt.Config.Prefetch), tasks: make(chan task)}
	s.ctx, s.cancel = context.WithCancel(ctx)
	s.workers.Go(func() { s.dispatch(e, firstStep) })
	for range e.opt.Config.NumWorkers() {
		s.workers.Go(func() { s.work(e) })
	}
	return s
}

// Next waits for the epoch's next batch. It returns io.EOF after the last one and the context's
// error once that is cancelled or the stream closed. Release the batch when the step is done.
func (s *Stream) Next() (*Batch, error) {
	p, ok := s.head, true
	if s.head = nil; p == nil {
		p, ok = <-s.pending
	}
	if err := s.ctx.Err(); err != nil {
		return nil, err
	}
	if !ok {
		return nil, io.EOF
	}
	select {
	case <-p.done:
		return p.batch, nil
	case <-s.ctx.Done():
		return nil, s.ctx.Err()
	}
}

// Peek is what Next will return, nil where that is not made yet or there is none.
func (s *Stream) Peek() *Batch {
	if s.head == nil {
		select {
		case s.head = <-s.pending: // nil at the end
		default:
		}
	}
	if s.head == nil {
		return nil
	}
	select {
	case <-s.head.done:
		return s.head.batch
	default:
		return nil
	}
}

// Close stops the workers and returns when the last one has ended. It may be called more than once.
func (s *Stream) Close() {
	s.cancel()
	s.workers.Wait()
}

// dispatch enters the batches in order and cuts each into tasks.
func (s *Stream) dispatch(e *epochOf, firstStep int) {
	defer close(s.pending)
	defer close(s.tasks)
	for step := firstStep; step < e.Steps(); step++ {
		p := &pendingBatch{batch: e.begin(step), done: make(chan struct{})}
		rows := e.opt.rows()
		p.open.Store(int32(rows))
		select {
		case s.pending <- p:
		case <-s.ctx.Done():
			return
		}
		for first := 0; first < rows; first += rowsPerTask {
			select {
			case s.tasks <- task{p, first, min(first+rowsPerTask, rows)}:
			case <-s.ctx.Done():
				return
			}
		}
	}
}

// work makes rows until there are no more.
func (s *Stream) work(e *epochOf) {
	workspace := augment.NewWorkspace(e.opt.Augment, e.opt.Side)
	for t := range s.tasks {
		for i := t.first; i < t.last; i++ {
			e.fill(workspace, t.of.batch, i)
		}
		if t.of.open.Add(int32(t.first-t.last)) == 0 {
			close(t.of.done)
		}
	}
}
