package fault

import (
	"context"
	"sync/atomic"
)

// Holds counts the work that has something to save before the process may end.
type Holds struct{ count atomic.Int32 }

type holdsKey struct{}

// WithHolds returns a context in which work can be held.
func WithHolds(parent context.Context) (context.Context, *Holds) {
	h := new(Holds)
	return context.WithValue(parent, holdsKey{}, h), h
}

// Any reports whether there is something to save.
func (h *Holds) Any() bool { return h.count.Load() > 0 }

// Hold says that there is something to save from now until release is called. Without WithHolds
// nobody asks.
func Hold(ctx context.Context) (release func()) {
	h, ok := ctx.Value(holdsKey{}).(*Holds)
	if !ok {
		return func() {}
	}
	h.count.Add(1)
	return func() { h.count.Add(-1) }
}
