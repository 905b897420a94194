// Package backend lists the numeric engines, and opens the one that a configuration asks for in the
// precision that it asks for, and says why.
//
// Read table.go (the list, and how one of it is opened), then backend.go (what is opened).
package backend

import (
	"runtime"

	"cmae/internal/comm"
	"cmae/internal/config"
	"cmae/internal/graph"
	"cmae/internal/graph/nn"
	"cmae/internal/kernel"
	"cmae/internal/kernel/compose"
)

// Choice is what a configuration's engine and precision came to: the engine, opened, the type of
// what flows inside blocks, and why these. It belongs to the goroutine that opened it, which stays
// on its thread until Close.
type Choice struct {
	kernel.Engine
	ComputeType kernel.DType
	Reason      string // for the log: why this engine and precision
	Warnings    []string
	Library     string // what the engine runs on, as "oneDNN 2.6.3"; "" for this program alone
	Faster      string // what would make training faster, "" where nothing is known
	kind        kernel.Backend
	replicas    int // that may share a batch where nobody says how many
	threads     int
}

// Threads is how many cores the engine uses.
func (c *Choice) Threads() int { return c.threads }

// ReplicasFor is how many replicas a training step divides its batch among: as many as were asked
// for, or of 0 as many as pay; plan says what the step holds in one, and fills the parameters. An
// engine may have but one (kernel.Opened), and so has a step whose batch may not be divided.
func (c *Choice) ReplicasFor(
	asked, batch int, mayShard bool, plan func(*nn.Params) (*graph.Sketch, error),
) (int, error) {
	switch {
	case asked > 0:
		return asked, nil
	case !mayShard || c.single():
		return 1, nil
	}
	params := nn.NewMeta(kernel.F32)
	step, err := plan(params)
	if err != nil {
		return 0, err
	}
	gradients := params.Count("") * kernel.F32.Size()
	return comm.Count(c.threads, batch, gradients, step.Shared), nil
}

// FrozenReplicas are as many replicas as pay for a batch where nothing is trained.
func (c *Choice) FrozenReplicas(batch int) (*comm.Replicas, error) {
	if c.single() {
		return comm.Single(c.Engine), nil
	}
	return c.Replicas(comm.Count(c.threads, batch, 0, 0))
}

func (c *Choice) single() bool { return c.replicas == 1 || c.threads == 1 }

// Replicas divides the engine's threads among count replicas, each with an engine of the same kind.
func (c *Choice) Replicas(count int) (*comm.Replicas, error) {
	if count > 1 && !c.Usage().Host {
		return nil, config.Invalid(config.Faultf(
			"replicas", "%d is more than the one of engine %s, whose memory is its own", count,
			c.Name(),
		))
	}
	each := max(1, c.threads/count)
	return comm.New(c.Engine, count, func() (kernel.Engine, error) {
		o, err := c.kind.Open(kernel.Options{Threads: each})
		if err != nil {
			return nil, err
		}
		return compose.Complete(o.Core), nil
	})
}

// Close stops the engine and lets the goroutine change threads again.
func (c *Choice) Close() error {
	defer runtime.UnlockOSThread()
	return c.Engine.Close()
}
