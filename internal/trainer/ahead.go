package trainer

import (
	"cmae/internal/dataset/loader"
	"cmae/internal/kernel"
)

// Peeker are batches of which the next may be looked at: nil where it is not there yet.
type Peeker interface{ Peek() *loader.Batch }

// Ahead is a task that can upload what ForwardBackward is called with next, from index 0 on, while
// the engine computes the step before. It may be called with something else nevertheless.
type Ahead interface{ TakeAhead(b *loader.Batch) }

// takeAhead has an engine that computes beside the program begin, and uploads the next batch
// meanwhile, if that is there already.
func (r *Run) takeAhead(task Task, batches Batches) {
	e, ok := r.Choice.Engine.(kernel.Starter)
	if !ok {
		return
	}
	e.Start()
	if p, ok := batches.(Peeker); ok {
		if next := p.Peek(); next != nil {
			if t, ok := task.(Ahead); ok {
				t.TakeAhead(next)
			}
		}
	}
}
