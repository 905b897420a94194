// Package lanes computes a batch in shares, side by side. A lane is an OS thread with an engine of
// its own, which runs the whole graph for its share of the images; lanes only wait for each other
// where images depend on each other (meeting.go) and at the end of a step. An engine that is given
// all threads must bring them together after every operation instead, several hundred times a step,
// and each time waits for the slowest: on two cores of a shared machine a step took up to twice as
// long.
//
// Read lanes.go (threads and their work), member.go (the engine of a lane), meeting.go (how lanes
// wait for each other).
package lanes

import (
	"errors"
	"fmt"
	"runtime"

	"cmae/internal/config"
	"cmae/internal/kernel"
)

// Lanes are ready to compute until Close. A single lane has no thread: it is the engine given to
// New or Single, and computes in the caller's goroutine.
type Lanes struct {
	engines []kernel.Engine
	meeting *meeting
	work    []chan func(lane int, e kernel.Engine) error
	results chan result
}

type result struct {
	lane int
	err  error
}

// leastShare is the least number of images for which a lane pays: with fewer, its matrix products
// are too thin.
const leastShare = 8

// most is the largest number of lanes; each is a thread and holds gradients.
const most = 256

// Count is the number of lanes for so many threads and images: a divisor of both. Each lane may
// hold gradients of its own; those of all lanes but the first may together take half as much memory
// as the activations of a batch. Sizes are in bytes.
func Count(threads, batch, gradients, activations int) int {
	worth := min(threads, batch/leastShare, most)
	if gradients > 0 {
		worth = min(worth, 1+activations/(2*gradients))
	}
	for n := worth; n > 1; n-- {
		if batch%n == 0 && threads%n == 0 {
			return n
		}
	}
	return 1
}

// Check refuses a count of lanes that does not divide the images computed together, which are
// batch/parts. A count of 0 is left to Count.
func Check(count, batch, parts int) error {
	switch together := batch / max(parts, 1); {
	case count < 0:
		return fmt.Errorf("lanes: %d must not be negative", count)
	case count > 1 && together%count != 0:
		return fmt.Errorf(
			"lanes: %d don't divide the %d images that are computed together (train.batch_size over train.accumulate)",
			count, together,
		)
	}
	return config.AtMost(config.Most{Key: "lanes", Value: count, Limit: most})
}

// Single is one lane: the engine itself.
func Single(e kernel.Engine) *Lanes { return &Lanes{engines: []kernel.Engine{e}} }

// New starts count lanes. Each has an engine from open, which is called on the lane's thread. The
// tensors in which lanes gather their shares when they meet are memory of e.
func New(e kernel.Engine, count int, open func() (kernel.Engine, error)) (*Lanes, error) {
	if count == 1 {
		return Single(e), nil
	}
	l := &Lanes{
		meeting: newMeeting(e, count), engines: make([]kernel.Engine, count),
		results: make(chan result, count),
	}
	for lane := range count {
		work := make(chan func(int, kernel.Engine) error)
		l.work = append(l.work, work)
		go l.serve(lane, work)
	}
	err := l.Do(func(lane int, _ kernel.Engine) error {
		e, err := open()
		if err == nil {
			l.engines[lane] = member{Engine: e, lane: lane, meeting: l.meeting}
		}
		return err
	})
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// serve does a lane's work on one OS thread, as engines ask for.
func (l *Lanes) serve(lane int, work <-chan func(int, kernel.Engine) error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for f := range work {
		err := guard(func() error { return f(lane, l.engines[lane]) })
		if err != nil {
			l.meeting.cancel(err)
		}
		l.results <- result{lane, err}
	}
}

// guard turns a panic of f into an error, since nobody could recover it on a lane's thread.
func guard(f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("lanes: %v", r)
			if e, ok := r.(error); ok {
				err = fmt.Errorf("lanes: %w", e)
			}
		}
	}()
	return f()
}

// Len is how many lanes there are.
func (l *Lanes) Len() int { return len(l.engines) }

// String is "2 lanes".
func (l *Lanes) String() string {
	if l.Len() == 1 {
		return "1 lane"
	}
	return fmt.Sprintf("%d lanes", l.Len())
}

// Engine is the engine of a lane. It computes inside Do only; memory may be allocated elsewhere
// too, while nothing runs.
func (l *Lanes) Engine(lane int) kernel.Engine { return l.engines[lane] }

// Do calls f once for each lane, all at the same time, and waits. It returns the error of the first
// lane to fail; lanes that wait for that one in a meeting give up.
func (l *Lanes) Do(f func(lane int, e kernel.Engine) error) error {
	if l.Len() == 1 {
		return f(0, l.engines[0])
	}
	l.meeting.open()
	for _, w := range l.work {
		w <- f
	}
	var first error
	for range l.work {
		if r := <-l.results; r.err != nil && (first == nil || errors.Is(first, errLeft)) {
			first = r.err
		}
	}
	return first
}

// Sum adds the tensors of the other lanes to those of the first. tensors[lane] has the same shapes,
// in the same order, for every lane.
func (l *Lanes) Sum(tensors [][]kernel.Tensor) error {
	if l.Len() == 1 {
		return nil
	}
	return l.Do(func(lane int, e kernel.Engine) error {
		for i := lane; i < len(tensors[0]); i += l.Len() {
			for _, other := range tensors[1:] {
				e.Add(tensors[0][i], tensors[0][i], other[i])
			}
		}
		return nil
	})
}

// Close stops the lanes and closes their engines, but not the engine given to New or Single.
func (l *Lanes) Close() error {
	if l.meeting == nil {
		return nil
	}
	l.meeting.free()
	err := l.Do(func(_ int, e kernel.Engine) error {
		if e == nil { // that could not be opened
			return nil
		}
		return e.Close()
	})
	for _, w := range l.work {
		close(w)
	}
	return err
}
