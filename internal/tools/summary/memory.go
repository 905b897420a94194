package summary

import (
	"strings"

	"cmae/internal/dataset/loader"
	"cmae/internal/graph"
	"cmae/internal/graph/exec"
	"cmae/internal/graph/nn"
	"cmae/internal/graph/op"
	"cmae/internal/kernel"
	"cmae/internal/optim"
	"cmae/internal/recipe"
)

// Memory is what a run holds, in bytes, each from its shapes. A process takes some more: images
// that are decoded into memory, the engine's workspace, and what Go's collector has not yet given
// back (about 100 MB on the demo).
type Memory struct {
	Parameters int `json:"parameters"` // with momentum copies and tables
	// of the trained ones, in each replica; twice with train.accumulate
	Gradients  int `json:"gradients"`
	Activation int `json:"activations"` // the arenas that values of a step share, without gradients
	Optimizer  int `json:"optimizer"`   // two moments, or one velocity of SGD
	Batches    int `json:"batches"`     // the step's inputs and those made ahead
	States     int `json:"states"`      // queue and bank of contrast
	Checkpoint int `json:"checkpoint"`  // the copy that is held while one is written
	Total      int `json:"total"`
}

// memoryOf adds up what a run of so many replicas holds, each of which computes a shard.
func memoryOf(
	c recipe.Sized, o loader.Options, params *nn.Params, shard *graph.Sketch, replicas int,
) Memory {
	var m Memory
	trained := 0
	for _, p := range params.All() {
		m.Parameters += p.Value.Bytes()
		if p.Role == nn.Trained {
			trained += p.Value.Bytes()
		}
	}
	m.Activation = replicas * (shard.Shared - trained)
	m.Optimizer = 2 * trained
	if c.Optim.Kind == optim.KindSGD {
		m.Optimizer = trained
	}
	m.Gradients = replicas * trained
	if c.Train.Accumulate > 1 {
		m.Gradients *= 2
	}
	for _, n := range shard.Inputs {
		switch bytes := op.ValueOf(n).Bytes(); {
		case strings.HasPrefix(n.Name(), exec.InputPrefix):
			m.Batches += replicas * bytes
		case strings.HasPrefix(n.Name(), exec.StatePrefix):
			m.States += bytes // which replicas share
		}
	}
	m.Checkpoint = m.Parameters + m.Optimizer + m.States
	views := 1
	if o.Mode == loader.TwoViews {
		views = 2
	}
	image := c.Encoder().In() * c.Side * c.Side * kernel.F32.Size()
	m.Batches += (c.Loader.Prefetch + 1) * c.Train.BatchSize * views * image
	m.Total = m.Parameters + m.Gradients + m.Activation + m.Optimizer + m.Batches + m.States +
		m.Checkpoint
	return m
}
