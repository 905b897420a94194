package trainer

import (
	"bytes"
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"hash/crc32"

	"cmae/internal/comm"
	"cmae/internal/config"
	"cmae/internal/dataset"
	"cmae/internal/dataset/loader"
	"cmae/internal/fault"
	"cmae/internal/graph/nn"
	"cmae/internal/kernel"
	"cmae/internal/rundir/checkpoint"
)

// A run of several processes is the same run in each, of a shard of every batch. What one of them
// meets, an end of its context or an error, it tells the others before the next thing that all do
// together; only the first process writes.

// equalEvery is how many steps lie between two looks at whether all processes have the same
// weights.
const equalEvery = 50

// together tells the other processes about an error of this one, or the end of its context, and
// this one about theirs. A signal that any got ends the context that share made.
func (r *Run) together(err error) error {
	if !comm.Several(r.processes) {
		return err
	}
	if err == nil && r.signals != nil && r.signals.Err() != nil {
		err = context.Cause(r.signals)
	}
	err = comm.Agree(r.processes, err)
	var by fault.Signal
	if errors.As(err, &by) && r.stop != nil {
		r.stop(err)
	}
	return err
}

// share makes a context that ends when all processes have agreed to; a single process has ctx.
func (r *Run) share(ctx context.Context) context.Context {
	if !comm.Several(r.processes) {
		return ctx
	}
	shared, stop := context.WithCancelCause(context.WithoutCancel(ctx))
	r.signals, r.stop = ctx, stop
	return shared
}

// shard is the images of a microbatch that this process computes.
func (r *Run) shard() int { return r.settings.Train.Microbatch() / r.Processes() }

// Processes is how many compute the run.
func (r *Run) Processes() int {
	if r.processes == nil {
		return 1
	}
	return r.processes.Size()
}

// AllProcesses are the processes that compute the run, this one among them; nil for it alone.
func (r *Run) AllProcesses() comm.Processes { return r.processes }

// Shard is the rows of each batch that this process loads.
func (r *Run) Shard(mirrored bool) loader.Shard {
	if !comm.Several(r.processes) {
		return loader.Shard{}
	}
	return loader.Shard{
		Rank: r.processes.Rank(), Of: r.Processes(), Microbatches: r.settings.Train.Accumulate,
		Mirrored: mirrored,
	}
}

// divides refuses a batch that the processes, of so many replicas, don't divide.
func (r *Run) divides(replicas int) error {
	t, all := r.settings.Train, r.Processes()*replicas
	if !comm.Several(r.processes) || t.Microbatch()%all == 0 {
		return nil
	}
	return config.Invalid(config.Faultf(
		"train.batch_size",
		"%d in %d parts (train.accumulate) does not divide among %d processes with %d replicas "+
			"each; take a multiple of %d",
		t.BatchSize, t.Accumulate, r.Processes(), replicas, all*t.Accumulate,
	))
}

// openImages opens the images: on each host first by one process, which decodes them for all.
func (r *Run) openImages(ctx context.Context) error {
	open := func() (err error) {
		c := r.settings.Common
		r.Images, err = dataset.OpenWithConsole(ctx, c.Data, c.Seed, r.Console)
		return err
	}
	if r.Images = r.options.Images; r.Images == nil {
		if err := comm.ByHost(r.processes, open); err != nil {
			return err
		}
	}
	if r.settings.Labelled {
		r.Images = r.Images.Labelled()
	}
	return comm.Same(
		r.processes, "the data", r.Images.Train.Digest(), "give all hosts the same images",
	)
}

// sendSaved gives all processes the checkpoint that the first has found, if any.
func (r *Run) sendSaved() error {
	if !comm.Several(r.processes) {
		return nil
	}
	var b bytes.Buffer
	if r.saved != nil {
		if err := r.together(gob.NewEncoder(&b).Encode(r.saved)); err != nil {
			return err
		}
	} else if err := r.together(nil); err != nil {
		return err
	}
	sent := comm.Send(r.processes, b.Bytes())
	if len(sent) == 0 || comm.First(r.processes) {
		return r.together(nil)
	}
	r.saved = &checkpoint.Checkpoint{}
	return r.together(gob.NewDecoder(bytes.NewReader(sent)).Decode(r.saved))
}

// equal refuses processes whose weights are not the same bits.
func (r *Run) equal() error {
	if !comm.Several(r.processes) {
		return nil
	}
	sums := comm.Gather(r.processes, kernel.Bytes([]int32{int32(digest(r.Params))}))
	for rank := range r.Processes() {
		if !bytes.Equal(sums[4*rank:4*rank+4], sums[:4]) {
			return &comm.Agreed{Err: fmt.Errorf(
				"after step %d rank %d has other weights than rank 0; use hosts of one kind, with "+
					"the same libraries, and resume from the last checkpoint", r.At.Step, rank,
			)}
		}
	}
	return nil
}

// meanRunning gives all processes the means of their running statistics, which each has moved by
// other groups of images.
func (r *Run) meanRunning() {
	if !comm.Several(r.processes) {
		return
	}
	var running []kernel.Tensor
	for _, p := range r.runningParams() {
		running = append(running, p.Value)
	}
	if len(running) == 0 {
		return
	}
	// a single replica: several share them, and are refused
	r.Replicas.Comm(0).AllReduce(running...)
	for _, t := range running {
		r.Choice.Scale(t, t, 1/float64(r.Processes()))
	}
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// digest is a checksum of all parameters.
func digest(p *nn.Params) (sum uint32) {
	for _, param := range p.All() {
		b := make([]byte, param.Value.Bytes())
		p.Engine().Download(b, param.Value)
		sum = crc32.Update(sum, castagnoli, b)
	}
	return sum
}
