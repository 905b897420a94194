package mpi

import (
	"fmt"
	"math"
	"runtime"
	"time"

	"cmae/internal/comm"
	"cmae/internal/kernel"
)

// link speaks to the other processes, on the thread that joined them. Every call begins an
// operation and asks whether it is done, so that beats go on meanwhile.
type link struct {
	*library
	rank, size int
	request    *uint64 // MPI_Request is an address or a number, as the library has it
	flag       *int32
	status     *[statusBytes]byte
	beat       *beat
}

var _ comm.Link = (*link)(nil)

func newLink(l *library, rank, size int) *link {
	k := &link{
		library: l, rank: rank, size: size, request: kept[uint64](), flag: kept[int32](),
		status: kept[[statusBytes]byte](),
	}
	k.beat = newBeat(k)
	return k
}

// statusBytes is room for any library's MPI_Status.
const statusBytes = 128

func (l *link) Rank() int { return l.rank }
func (l *link) Size() int { return l.size }

func (l *link) AllGather(dst, src []byte) {
	inParts(dst, src, l.size, 1, most, func(dst, src []byte) {
		n := count(len(src))
		l.do("MPI_Iallgather", dst, src, addressOf(src), n, l.bytes, addressOf(dst), n, l.bytes)
	})
}

func (l *link) AllToAll(dst, src []byte) {
	inParts(dst, src, l.size, l.size, most, func(dst, src []byte) {
		n := count(len(src) / l.size)
		l.do("MPI_Ialltoall", dst, src, addressOf(src), n, l.bytes, addressOf(dst), n, l.bytes)
	})
}

// most is how many bytes a process sends to another at a time. The library counts them in 32 bits;
// this many fill any network, and what parts are copied through stays small.
const most = 64 << 20

// inParts has an exchange move dst, of to blocks of one size, and src, of from blocks of it, at
// most so many bytes of each block at a time.
func inParts(dst, src []byte, to, from, most int, exchange func(dst, src []byte)) {
	block := len(dst) / to
	if block <= most {
		exchange(dst, src)
		return
	}
	received, sent := make([]byte, to*most), make([]byte, from*most)
	for at := 0; at < block; at += most {
		n := min(most, block-at)
		received, sent := received[:to*n], sent[:from*n]
		for i := range from {
			copy(sent[i*n:], src[i*block+at:][:n])
		}
		exchange(received, sent)
		for i := range to {
			copy(dst[i*block+at:][:n], received[i*n:])
		}
	}
}

func (l *link) Broadcast(b []byte, root int) {
	for from := 0; from < len(b); from += most {
		part := b[from:min(from+most, len(b))]
		l.do("MPI_Ibcast", part, nil, addressOf(part), count(len(part)), l.bytes, uintptr(root))
	}
}

// count is a length as C has it.
func count(n int) uintptr {
	if n > math.MaxInt32 {
		panic(failed(fmt.Errorf("%d bytes are more than one message holds", n)))
	}
	return uintptr(n)
}

func failed(err error) error { return &kernel.Error{Engine: "mpi", Err: err} }

// do begins an operation and waits until it is done with dst and src.
func (l *link) do(name string, dst, src []byte, args ...uintptr) {
	*l.request = 0
	if code := l.call(name, append(args, l.world, pointer(l.request))...); code != 0 {
		panic(failed(fmt.Errorf("%s returned %d", name, code)))
	}
	for began, tries := time.Now(), 0; !l.done(l.request); tries++ {
		l.beat.due()
		rest(time.Since(began), tries)
	}
	runtime.KeepAlive(dst)
	runtime.KeepAlive(src)
}

// done asks whether a request has ended.
func (l *link) done(request *uint64) bool {
	*l.flag = 0
	code := l.call("MPI_Test", pointer(request), pointer(l.flag), pointer(l.status))
	if code != 0 {
		panic(failed(fmt.Errorf("MPI_Test returned %d", code)))
	}
	return *l.flag != 0
}

// rest waits between two questions: hardly at first, for what is almost there, and then longer, to
// leave the core to those who compute.
func rest(since time.Duration, tries int) {
	switch {
	case since < 30*time.Microsecond && tries < 100:
	case since < time.Millisecond:
		pause(int64(20 * time.Microsecond))
	default:
		pause(int64(100 * time.Microsecond))
	}
}
