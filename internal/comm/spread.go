package comm

import (
	"time"
	"unsafe"

	"cmae/internal/kernel"
)

// spread is a thread's membership of a group of all threads of several processes, as many in each.
// The threads of a process meet as a member's do; the first speaks to the other processes.
type spread struct {
	member
	processes Processes
	reduction *reduction // of the process
	later     *later     // likewise
	host      bool       // or the engine has memory of its own
}

var _ Later = spread{}

func (s spread) Rank() int { return s.processes.Rank()*s.member.Size() + s.rank }
func (s spread) Size() int { return s.processes.Size() * s.member.Size() }

// together has the first thread do a job with the operands of all, and ends when it is done.
func (s spread) together(job func(l Link, all [][]kernel.Tensor), operands ...kernel.Tensor) {
	mine := make([]kernel.Tensor, len(operands))
	for i, t := range operands {
		mine[i] = s.hosted(t)
	}
	all := s.exchange(s.rank, mine)
	if s.rank == 0 {
		start := time.Now()
		s.later.job(func(l Link) { job(l, all) })()
		s.later.count(start)
	}
	s.meet()
	for i, t := range operands {
		if !s.host {
			s.engine.Upload(t, content(mine[i]))
		}
	}
}

// hosted is a tensor in memory of the process: t itself, or a copy.
func (s spread) hosted(t kernel.Tensor) kernel.Tensor {
	if s.host || t.Bytes() == 0 {
		return t
	}
	b := make([]byte, t.Bytes())
	s.engine.Download(b, t)
	return kernel.Tensor{Data: unsafe.Pointer(&b[0]), Type: t.Type, Shape: t.Shape}
}

// content is the bytes of a tensor in memory of the process.
func content(t kernel.Tensor) []byte { return unsafe.Slice((*byte)(t.Data), t.Bytes()) }

// AllGather lets the shards of a process travel together.
func (s spread) AllGather(dst, src kernel.Tensor) {
	s.together(func(l Link, all [][]kernel.Tensor) {
		var shards []byte
		for _, operands := range all {
			shards = append(shards, content(operands[1])...)
		}
		l.AllGather(content(all[0][0]), shards)
		for _, operands := range all[1:] {
			copy(content(operands[0]), content(all[0][0]))
		}
	}, dst, src)
}

// AllReduce sums over the threads of each process, then over the processes.
func (s spread) AllReduce(tensors ...kernel.Tensor) { s.sum(tensors, false) }

// Reduce gives all the sums, as AllReduce does: every process has a first thread, which wants them.
func (s spread) Reduce(tensors ...kernel.Tensor) { s.sum(tensors, s.later.half) }

func (s spread) sum(tensors []kernel.Tensor, half bool) {
	s.together(func(l Link, all [][]kernel.Tensor) {
		s.reduction.run(l, s.processes, all, half)
	}, tensors...)
}
