package comm

import (
	"errors"
	"fmt"
	"runtime"

	"cmae/internal/kernel"
)

// Replicas are the replicas of this process, ready to compute until Close: OS threads with an
// engine each. A single one has no thread: it is the engine given to New or Single, and computes in
// the caller's goroutine.
type Replicas struct {
	engines []kernel.Engine
	comms   []Comm
	group   *threads // nil of a single replica
	work    []chan func(rank int, e kernel.Engine) error
	results chan error
	others  Processes // that the replicas have joined, or nil
}

// Single is one replica: the engine itself.
func Single(e kernel.Engine) *Replicas {
	return &Replicas{engines: []kernel.Engine{e}, comms: []Comm{alone{e}}}
}

// New starts count replicas. Each has an engine from open, which is called on the replica's thread;
// a single one is e.
func New(e kernel.Engine, count int, open func() (kernel.Engine, error)) (*Replicas, error) {
	if count == 1 {
		return Single(e), nil
	}
	r := &Replicas{
		engines: make([]kernel.Engine, count), comms: make([]Comm, count),
		group: newThreads(count), results: make(chan error, count),
	}
	for rank := range count {
		work := make(chan func(int, kernel.Engine) error)
		r.work = append(r.work, work)
		go r.serve(rank, work)
	}
	err := r.Do(func(rank int, _ kernel.Engine) error {
		e, err := open()
		if err == nil {
			r.engines[rank], r.comms[rank] = e, member{r.group, rank, e}
		}
		return err
	})
	if err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

// Join makes the replicas members of a group with the replicas of the job's other processes, which
// have as many each. half lets what Reduce and Later sum, gradients, travel as bfloat16.
func (r *Replicas) Join(p Processes, half bool) {
	g, sums := newThreads(r.Len()), &reduction{}
	if r.group != nil {
		g = r.group
	}
	r.others = p
	later := &later{processes: p, reduction: sums, half: half, threads: r.Len()}
	for i, e := range r.engines {
		r.comms[i] = spread{
			member: member{g, i, e}, processes: p, reduction: sums, later: later,
			host: e.Usage().Host,
		}
	}
}

// Apart are the same replicas as a group of this process alone. Work is given to one of both at a
// time.
func (r *Replicas) Apart() *Replicas {
	apart := *r
	apart.others = nil
	apart.comms = make([]Comm, r.Len())
	for i, e := range r.engines {
		apart.comms[i] = member{r.group, i, e}
		if r.group == nil {
			apart.comms[i] = alone{e}
		}
	}
	return &apart
}

// serve does a replica's work on one OS thread, as engines ask for.
func (r *Replicas) serve(rank int, work <-chan func(int, kernel.Engine) error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for f := range work {
		err := guard(func() error { return f(rank, r.engines[rank]) })
		if err != nil {
			r.group.abort(err)
		}
		r.results <- err
	}
}

// guard turns a panic of f into an error, since nobody could recover it on a replica's thread.
func guard(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("comm: %v", r)
			if e, ok := r.(error); ok {
				err = fmt.Errorf("comm: %w", e)
			}
		}
	}()
	return f()
}

// Len is how many replicas there are in this process.
func (r *Replicas) Len() int { return len(r.engines) }

// String is "2 replicas", or "2 replicas in each of 4 processes".
func (r *Replicas) String() string {
	text := "1 replica"
	if r.Len() > 1 {
		text = fmt.Sprintf("%d replicas", r.Len())
	}
	if r.others != nil {
		text += fmt.Sprintf(" in each of %d processes", r.others.Size())
	}
	return text
}

// Mean is the mean of a number over the processes that the replicas have joined, which all ask.
func (r *Replicas) Mean(x float64) float64 {
	if r.others == nil {
		return x
	}
	all := make([]float64, r.others.Size())
	r.others.Go(func(l Link) { l.AllGather(kernel.Bytes(all), kernel.Bytes([]float64{x})) })()
	sum := 0.0
	for _, one := range all {
		sum += one / float64(len(all))
	}
	return sum
}

// Engine is a replica's engine. It computes inside Do only; memory may be allocated elsewhere too,
// while nothing runs.
func (r *Replicas) Engine(rank int) kernel.Engine { return r.engines[rank] }

// Comm is a replica's membership of the group. It communicates inside Do only.
func (r *Replicas) Comm(rank int) Comm { return r.comms[rank] }

// Do calls f once for each replica, all at the same time, and waits. It returns the error of a
// replica that failed by itself; replicas that wait for that one give up.
func (r *Replicas) Do(f func(rank int, e kernel.Engine) error) error {
	if r.Len() == 1 {
		return f(0, r.engines[0])
	}
	r.group.open()
	for _, w := range r.work {
		w <- f
	}
	var first error
	for range r.work {
		if err := <-r.results; err != nil && (first == nil || errors.Is(first, ErrAborted)) {
			first = err
		}
	}
	return first
}

// Close stops the replicas and closes their engines, but not the engine given to New or Single.
func (r *Replicas) Close() error {
	if r.group == nil {
		return nil
	}
	err := r.Do(func(_ int, e kernel.Engine) error {
		if e == nil { // that could not be opened
			return nil
		}
		return e.Close()
	})
	for _, w := range r.work {
		close(w)
	}
	return err
}
