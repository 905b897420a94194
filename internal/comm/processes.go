package comm

import "cmae/internal/kernel"

// Processes are the processes of one job, of which this is one. Only one goroutine at a time uses
// them; all processes make the same calls in the same order.
type Processes interface {
	// Rank is this process's number, from 0; Size is how many there are.
	Rank() int
	Size() int
	// OnHost is this process's number among those of its host, and how many cores are its own.
	OnHost() (rank, cores int)
	// Go has a job speak to the other processes after the jobs before it, while the caller goes
	// on. wait returns when it is done, and panics where the connection broke.
	Go(job func(l Link)) (wait func())
}

// Link is what a job says to the other processes.
type Link interface {
	// AllGather: dst[Size*len(src)] is src of every process, in order of rank.
	AllGather(dst, src []byte)
	// AllToAll: part i of dst is what process i has in src for this one; all parts are of one size.
	AllToAll(dst, src []byte)
	// Broadcast replaces b by root's.
	Broadcast(b []byte, root int)
}

// Several reports whether a job has more processes than this one; p may be nil.
func Several(p Processes) bool { return p != nil && p.Size() > 1 }

// First reports whether this process is the one that writes and speaks for all.
func First(p Processes) bool { return p == nil || p.Rank() == 0 }

// Gather is src of every process, in order of rank, all of one length.
func Gather(p Processes, src []byte) []byte {
	dst := make([]byte, p.Size()*len(src))
	p.Go(func(l Link) { l.AllGather(dst, src) })()
	return dst
}

// Send is what the first process has, in all of them.
func Send(p Processes, b []byte) []byte {
	size := []int32{int32(len(b) >> 20), int32(len(b) & (1<<20 - 1))}
	p.Go(func(l Link) { l.Broadcast(kernel.Bytes(size), 0) })()
	if p.Rank() > 0 {
		b = make([]byte, int(size[0])<<20|int(size[1]))
	}
	p.Go(func(l Link) { l.Broadcast(b, 0) })()
	return b
}
