package mpi

import (
	"fmt"
	"os"
	"time"

	"cmae/internal/kernel"
)

// beat tells the next rank that this one is alive, and listens to the one before: a process that is
// stopped, or a host that is gone, would otherwise be waited for without end.
type beat struct {
	*link
	next, before     int
	sending, hearing *uint64
	spoken, heard    *byte
	silent           int // beats missed
	last             time.Time
	told, received   int32 // beats
	listening, ended bool
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
		sending: kept[uint64](), hearing: kept[uint64](), spoken: kept[byte](), heard: kept[byte](),
		last: time.Now(),
	}
}

// due is now, if it is time.
func (b *beat) due() {
	switch silence := time.Since(b.last); {
	case b.ended && silence > patience*beatEvery:
		b.giveUp(fmt.Sprintf("rank %d has waited %v to leave", b.rank, patience*beatEvery))
	case !b.ended && silence >= beatEvery:
		b.now()
	}
}

// now listens and speaks.
func (b *beat) now() {
	if b.size == 1 {
		return
	}
	b.last = time.Now()
	b.silent++
	for b.hears() {
		b.silent = 0
	}
	b.listen()
	if b.told == 0 || b.done(b.sending) {
		b.send()
	}
	if b.silent > patience {
		b.giveUp(fmt.Sprintf(
			"rank %d has not answered rank %d for %v", b.before, b.rank, patience*beatEvery,
		))
	}
}

// giveUp ends all processes.
func (b *beat) giveUp(why string) {
	fmt.Fprintf(os.Stderr, "cmae: %s: all processes end\n", why)
	time.Sleep(200 * time.Millisecond) // MPICH's launcher may drop what it has not read by the end
	b.call("MPI_Abort", b.world, 1)
	os.Exit(1)
}

// hears listens, and reports whether the rank before has spoken.
func (b *beat) hears() bool {
	b.listen()
	if !b.done(b.hearing) {
		return false
	}
	b.listening = false
	b.received++
	return true
}

func (b *beat) listen() {
	if b.listening {
		return
	}
	b.listening = true
	b.call(
		"MPI_Irecv", pointer(b.heard), 1, b.bytes, uintptr(b.before), beatTag, b.world,
		pointer(b.hearing),
	)
}

func (b *beat) send() {
	b.told++
	b.call(
		"MPI_Isend", pointer(b.spoken), 1, b.bytes, uintptr(b.next), beatTag, b.world,
		pointer(b.sending),
	)
}

// end says that this rank leaves, and hears all that the rank before has said until it leaves too:
// libraries complain of what nobody received. All ranks call it.
func (b *beat) end() {
	if b.size == 1 {
		return
	}
	b.ended, b.last = true, time.Now()
	b.sent()
	b.send()
	told := make([]int32, b.size)
	b.AllGather(kernel.Bytes(told), kernel.Bytes([]int32{b.told}))
	for b.received < told[b.before] {
		if !b.hears() {
			b.due()
			pause(int64(time.Millisecond))
		}
	}
	b.sent()
}

// sent waits until the last beat is on its way.
func (b *beat) sent() {
	for b.told > 0 && !b.done(b.sending) {
		b.due()
		pause(int64(time.Millisecond))
	}
}
