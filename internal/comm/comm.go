// Package comm is how replicas compute one batch together. A replica runs the whole graph for its
// shard of the images, with an engine of its own; where it needs what others hold, it calls a
// collective operation of its Comm, which all of them call.
//
// The first kind of Comm joins threads of this process. Giving one engine all threads instead
// would bring them together after every operation, several hundred times a step, to wait each time
// for the slowest: on two cores of a shared machine a step took up to twice as long.
//
// Read comm.go (the collectives), replicas.go (threads and their work), threads.go (how threads
// meet), processes.go (what processes say), spread.go (threads of several processes), reduction.go
// (sums over processes), later.go (sums under way), agree.go (errors of one process, known to all),
// count.go (how many pay).
package comm

import (
	"errors"

	"cmae/internal/kernel"
)

// Comm is a replica's membership of a group. All members make the same calls in the same order,
// each with tensors of the same types and shapes in the memory of its own engine. A call returns
// when the member has its result and nobody needs its operands any more; sums run in order of rank,
// so that equal input gives equal bits.
//
// A method cannot fail but by a panic: with ErrAborted in the members that wait for one which will
// not come, with a *kernel.Error where the connection breaks. The executor of a graph makes errors
// of both.
//
// Several processes are a group too, of all threads of all of them: its kind of Comm (spread) lets
// the threads of a process meet first, and one of them speak to the others.
type Comm interface {
	// Rank is this member's number, from 0; Size is how many there are.
	Rank() int
	Size() int
	// AllGather: dst[Size*B,...] is src[B,...] of every member, in order of rank.
	AllGather(dst, src kernel.Tensor)
	// AllReduce replaces each tensor by its sum over the members.
	AllReduce(tensors ...kernel.Tensor)
	// Reduce is AllReduce for the first member. What the others then hold is for nobody.
	Reduce(tensors ...kernel.Tensor)
}

// ErrAborted ends the wait for a member that failed.
var ErrAborted = errors.New("comm: another replica failed")

// Divided reports whether a batch is divided among the members of c, which may be nil.
func Divided(c Comm) bool { return c != nil && c.Size() > 1 }

// Leads reports whether a member is the first of its process, which moves what all replicas of the
// process share.
func Leads(c Comm) bool {
	switch c := c.(type) {
	case member:
		return c.rank == 0
	case spread:
		return c.rank == 0
	}
	return true
}

// Planned is the Comm of the first of size replicas in a graph that is planned, not run.
func Planned(size int) Comm { return planned(size) }

type planned int

func (planned) Rank() int                    { return 0 }
func (p planned) Size() int                  { return int(p) }
func (planned) AllGather(_, _ kernel.Tensor) { panic(errPlanned) }
func (planned) AllReduce(...kernel.Tensor)   { panic(errPlanned) }
func (planned) Reduce(...kernel.Tensor)      { panic(errPlanned) }

var errPlanned = errors.New("comm: a planned graph does not run")
