// Package exec is the one way to run a graph: build it once for every replica, feed its inputs by
// name, run it, read its outputs by name.
//
//	f, err := exec.Compile(replicas, params, compute, func(b *exec.Builder) {
//		images := b.Images("images", batch, 3, side)
//		b.Output("logits", model.NewClassifier(b.Scope, ...).Forward(images, ...))
//	})
//	exec.Feed(f, "images", values)
//	err = f.Run()
//	logits := exec.Read[float32](f, "logits")
//	err = f.Close()
//
// A batch is divided among the replicas along the first dimension: each computes its shard, an
// equal number of images. Feed cuts values into shards and Read joins them, so that callers know
// the whole batch only.
//
// Read builder.go (what a graph is made of), exec.go (compiling and running), feed.go (values in
// and out), accumulate.go (gradients of several runs), early.go (gradients that travel while others
// are computed), plan.go (a graph without memory).
package exec

import (
	"errors"

	"cmae/internal/comm"
	"cmae/internal/graph"
	"cmae/internal/graph/nn"
	"cmae/internal/kernel"
)

// Func is a compiled graph, the same in every replica. It belongs to the goroutine of its engine.
type Func struct {
	replicas *comm.Replicas
	shards   []*shard
	state    map[string]kernel.Tensor // which all replicas of the process read
	owner    kernel.Engine
	runs     int // whose gradients add up before they are summed over the replicas
	run      int // of those
}

// shard is what one replica computes.
type shard struct {
	*Builder
	machine *graph.Machine
	grads   []kernel.Tensor // of a run
	sums    []kernel.Tensor // of several; grads where there is one only
	spent   Spent
	rounded []kernel.Bits16 // of the input last fed in BF16
}

// Compile has build add the graph of every replica in turn and compiles it, over the parameters in
// p, which build creates where they do not exist. compute is the type of what flows inside blocks.
// What build asks for in vain is an *op.BuildError; what the machine cannot hold is a
// *graph.TooLarge.
func Compile(
	r *comm.Replicas, p *nn.Params, compute kernel.DType, build func(b *Builder),
) (*Func, error) {
	f := &Func{replicas: r, state: map[string]kernel.Tensor{}, owner: p.Engine(), runs: 1}
	for rank := range r.Len() {
		if err := f.add(p, compute, rank, build); err != nil {
			return nil, errors.Join(err, f.Close())
		}
	}
	return f, nil
}

// add makes the next replica's shard. It is among f's shards, to be freed, even if it fails.
func (f *Func) add(p *nn.Params, compute kernel.DType, rank int, build func(b *Builder)) error {
	e, c := f.replicas.Engine(rank), f.replicas.Comm(rank)
	s := &shard{Builder: newBuilder(p, compute, e, c, f.state)}
	f.shards = append(f.shards, s)
	err := s.run(build)
	if err != nil {
		return err
	}
	left := f.replicas.Len() - rank
	if s.machine, err = graph.Compile(e, s.Graph(), s.results(), graph.Copies(left)); err != nil {
		return err
	}
	for _, n := range s.gradients {
		s.grads = append(s.grads, s.machine.Value(n))
	}
	s.sums = s.grads
	if later, ok := c.(comm.Later); ok {
		f.sendEarly(s, later)
	}
	return nil
}

// Run executes the graph in every replica and sums the gradients over them, those of several
// processes while it computes. It reads the inputs as they were last fed.
func (f *Func) Run() error {
	err := f.replicas.Do(func(rank int, _ kernel.Engine) error {
		s := f.shards[rank]
		if err := s.machine.RunAll(); err != nil {
			return err
		}
		c, early := s.Comm().(comm.Later)
		switch {
		case early && f.last():
			s.spent.Add(c.Arrived())
		case !early:
			for i := range s.grads {
				f.accumulate(s, i)
			}
			if f.last() {
				s.Comm().Reduce(s.sums...)
			}
		}
		return nil
	})
	if f.run++; err != nil || f.run == f.runs {
		f.run = 0
	}
	return err
}

// Engine is where states and parameters live.
func (f *Func) Engine() kernel.Engine { return f.owner }

// Params are the trained parameters of the loss, in order of creation.
func (f *Func) Params() []*nn.Param { return f.shards[0].params }

// Grads are the gradients of Params in the same order, after a run those of the whole batch; where
// runs accumulate, after the last of them their sums.
func (f *Func) Grads() []kernel.Tensor { return f.shards[0].sums }

// Memory is the size in bytes of what all replicas' values share.
func (f *Func) Memory() int {
	sum := 0
	for _, s := range f.shards {
		shared, _ := s.machine.Memory()
		sum += shared
	}
	return sum
}

// Profile times every operation of the first replica from now on, waiting for others included, and
// returns where the times gather.
func (f *Func) Profile() *graph.Profile { return f.Machine().Profile() }

// Trace looks for what is not finite in the first replica's runs from now on; the graph has a loss.
func (f *Func) Trace() *graph.Trace { return f.Machine().Trace(f.Node(Loss)) }

// Machine executes the first replica's graph, for those who look at its operations.
func (f *Func) Machine() *graph.Machine { return f.shards[0].machine }

// Close gives back all memory but the parameters'. Replicas stay.
func (f *Func) Close() error {
	var err error
	for _, s := range f.shards {
		if s.machine != nil {
			err = errors.Join(err, s.machine.Close())
		}
		for _, t := range s.inputs {
			s.engine.Free(t)
		}
		if f.runs > 1 {
			for _, t := range s.sums {
				s.engine.Free(t)
			}
		}
	}
	for _, t := range f.state {
		f.owner.Free(t)
	}
	f.shards, f.state = nil, nil
	return err
}
