package mpi

import (
	"fmt"
	"os"
	"time"
)

// beat tells the next rank that this one is alive, and listens to the one before: a process that is
// stopped, or a host that is gone, would otherwise be waited for without end.
type beat struct {
	*link
	next, before     int
	sending, hearing *uint64
	sent, heard      *byte
	silent           int // beats missed
	last             time.Time
	started          bool
}

const (
	beatEvery = 500 * time.Millisecond
	beatTag   = 7
	// patience is how many beats may be missed. They are counted as this process waits, so that one
	// that was itself stopped does not blame others.
	patience = 20
)

func newBeat(l *link) *beat {
	return &beat{
		link: l, next: (l.rank + 1) % l.size, before: (l.rank + l.size - 1) % l.size,
		sending: kept[uint64](), hearing: kept[uint64](), sent: kept[byte](), heard: kept[byte](),
		last: time.Now(),
	}
}

// due is now, if it is time.
func (b *beat) due() {
	if time.Since(b.last) >= beatEvery {
		b.now()
	}
}

// now listens and speaks.
func (b *beat) now() {
	if b.size == 1 {
		return
	}
	b.last = time.Now()
	if !b.started {
		b.started = true
		b.listen()
		b.send()
		return
	}
	b.silent++
	for b.done(b.hearing) {
		b.silent = 0
		b.listen()
	}
	if b.done(b.sending) {
		b.send()
	}
	if b.silent > patience {
		fmt.Fprintf(
			os.Stderr, "cmae: rank %d has not answered rank %d for %v: all processes end\n", b.before,
			b.rank, patience*beatEvery,
		)
		b.call("MPI_Abort", b.world, 1)
		os.Exit(1)
	}
}

func (b *beat) listen() {
	b.call(
		"MPI_Irecv", pointer(b.heard), 1, b.bytes, uintptr(b.before), beatTag, b.world,
		pointer(b.hearing),
	)
}

func (b *beat) send() {
	b.call(
		"MPI_Isend", pointer(b.sent), 1, b.bytes, uintptr(b.next), beatTag, b.world,
		pointer(b.sending),
	)
}

// end stops listening.
func (b *beat) end() {
	if !b.started {
		return
	}
	b.call("MPI_Cancel", pointer(b.hearing))
	for deadline := time.Now().Add(time.Second); time.Now().Before(deadline); {
		if b.done(b.hearing) && b.done(b.sending) {
			return
		}
		pause(int64(time.Millisecond))
	}
}
