package dataset

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"cmae/internal/dataset/eightbit"
)

// TestScanBoundsMemory: however slow the first image is and whoever takes what is done, only some
// pixels wait, and all come in order.
func TestScanBoundsMemory(t *testing.T) {
	const images, large = 64, 32 << 20
	var alive, most atomic.Int64
	var once sync.Once
	release := make(chan struct{})
	s := &source{load: func(e entry, use func(Image, eightbit.Traits)) error {
		if e.record == 0 {
			<-release
		}
		if now := alive.Add(1); now > most.Load() {
			most.Store(now)
		}
		if alive.Load() == queueBytes/large {
			once.Do(func() { close(release) }) // all that may wait does
		}
		use(Image{Width: 1, Height: 1, Pix: make([]byte, large)}, eightbit.Traits{})
		return nil
	}}
	for i := range images {
		s.entries = append(s.entries, entry{record: i})
	}
	next := 0
	err := s.scan(t.Context(), 2, nil, func(one sample) error {
		if one.record != next {
			t.Errorf("%d came in place of %d", one.record, next)
		}
		next++
		alive.Add(-1)
		return nil
	})
	if allowed := int64(queueBytes/large + 3); err != nil || next != images || most.Load() > allowed {
		t.Errorf("%d images, %d at a time, want at most %d; %v", next, most.Load(), allowed, err)
	}
}

func TestScanStops(t *testing.T) {
	s := &source{entries: make([]entry, 100), load: func(_ entry, use func(Image, eightbit.Traits)) error {
		use(Image{Width: 1, Height: 1, Pix: make([]byte, 3)}, eightbit.Traits{})
		return nil
	}}
	full := errors.New("full")
	if err := s.scan(t.Context(), 3, nil, func(sample) error { return full }); err != full {
		t.Errorf("%v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	err := s.scan(ctx, 3, nil, func(sample) error { cancel(); return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
