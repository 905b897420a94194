package summary

import (
	"strings"

	"cmae/internal/graph"
	"cmae/internal/kernel"
	"cmae/internal/nn"
	"cmae/internal/op"
	"cmae/internal/optim"
	"cmae/internal/trainer"
)

// Memory is what a run holds, in bytes, each from its shapes. A process takes some more: images that are decoded into memory, the engine's
// workspace, and what Go's collector has not yet given back (about 100 MB on the demo).
type Memory struct {
	Parameters int `json:"parameters"`  // with momentum copies and tables
	Gradients  int `json:"gradients"`   // of the trained ones; twice with train.accumulate
	Activation int `json:"activations"` // the arena that values of a step share, without gradients
	Optimizer  int `json:"optimizer"`   // two moments, or one velocity of SGD
	Batches    int `json:"batches"`     // the step's inputs and those made ahead
	Checkpoint int `json:"checkpoint"`  // the copy that is held while one is written
	Total      int `json:"total"`
}

func memoryOf(c trainer.Config, side int, params *nn.Params, step *graph.Sketch) Memory {
	var m Memory
	for _, p := range params.All() {
		m.Parameters += p.Value.Bytes()
		if p.Role == nn.Trained {
			m.Gradients += p.Value.Bytes()
		}
	}
	m.Activation = step.Shared - m.Gradients
	m.Optimizer = 2 * m.Gradients
	if c.Optim.Kind == optim.KindSGD {
		m.Optimizer = m.Gradients
	}
	m.Checkpoint = m.Parameters + m.Optimizer
	if c.Train.Accumulate > 1 {
		m.Gradients *= 2
	}
	for _, n := range step.Inputs {
		if strings.HasPrefix(n.Name(), "input.") {
			m.Batches += op.ValueOf(n).Bytes()
		}
	}
	views := 1
	if c.Contrast.Weight > 0 {
		views = 2
	}
	image := 3 * side * side * kernel.F32.Size()
	m.Batches += (c.Loader.Prefetch + 1) * c.Train.BatchSize * views * image
	m.Total = m.Parameters + m.Gradients + m.Activation + m.Optimizer + m.Batches + m.Checkpoint
	return m
}
