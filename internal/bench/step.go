package bench

import (
	"errors"
	"fmt"
	"math"
	"time"

	"cmae/internal/engine"
	"cmae/internal/graph"
	"cmae/internal/kernel"
	"cmae/internal/lanes"
	"cmae/internal/loader"
	"cmae/internal/model"
	"cmae/internal/nn"
	"cmae/internal/optim"
	"cmae/internal/rng"
	"cmae/internal/trainer"
)

// rate is the learning rate of measured steps: it changes no time, and weights stay finite at it.
const rate = 1e-5

// stepper does training steps as the trainer does, on one batch of noise.
type stepper struct {
	config  trainer.Config
	choice  *engine.Choice
	params  *nn.Params
	lanes   *lanes.Lanes
	graph   *trainer.Step
	optim   optim.Optimizer
	sums    []kernel.Tensor // of gradients over the parts of a batch, nil when it has one
	batch   *loader.Batch
	profile *graph.Profile
	phases  map[string]graph.Cost // outside the graph
}

func newStepper(c trainer.Config, side int, choice *engine.Choice) (*stepper, error) {
	s := &stepper{config: c, choice: choice, params: nn.NewParams(choice.Engine, kernel.F32, c.Seed), phases: map[string]graph.Cost{}}
	s.params.KeepCopies(choice.Inner)
	arch := c.Architecture(side)
	var err error
	if s.lanes, err = c.OpenLanes(choice, arch); err != nil {
		return nil, err
	}
	if s.graph, err = trainer.NewStepIn(s.lanes, s.params, arch, c.Train.BatchSize/c.Train.Accumulate, choice.Inner); err != nil {
		return nil, errors.Join(err, s.lanes.Close())
	}
	if c.Train.Accumulate > 1 {
		for _, g := range s.graph.Grads {
			s.sums = append(s.sums, choice.New(g.Type, g.Shape...))
		}
	}
	model.UpdateMomentum(s.params, 0)
	s.optim = optim.New(c.Optim, choice.Engine, s.graph.Params)
	s.optim.Lead(model.Followers(s.params))
	s.batch = noise(arch, c.Train.BatchSize, c.Seed)
	return s, nil
}

// noise is a batch of what synthetic input there can be: normalised pixels and mask noise.
func noise(c model.Config, batch int, seed uint64) *loader.Batch {
	r := rng.For(seed, rng.Synthetic)
	pixels, n := make([]float32, batch*3*c.Side*c.Side), batch*c.Noise()
	for i := range pixels {
		pixels[i] = float32(r.NormFloat64())
	}
	uniform := func() []float32 {
		v := make([]float32, n)
		for i := range v {
			v[i] = r.Float32()
		}
		return v
	}
	return &loader.Batch{Query: pixels, Key: pixels, NoiseQuery: uniform(), NoiseKey: uniform(), KeepPosition: uniform()}
}

// step is inputs, forward, backward, norm, and optimizer with momentum update and bf16 copies.
func (s *stepper) step() error {
	grads := s.graph.Grads
	parts := s.config.Train.Accumulate
	for part := range parts {
		var err error
		s.time("inputs", func() { err = s.graph.Set(s.batch, part*s.config.Train.BatchSize/parts) })
		if err == nil {
			err = s.graph.Run()
		}
		if err != nil {
			return err
		}
		if parts > 1 {
			s.time("accumulate", func() { s.accumulate(part) })
			grads = s.sums
		}
	}
	if loss, _ := s.graph.Losses(); math.IsNaN(loss) || math.IsInf(loss, 0) {
		return fmt.Errorf("bench: the loss became %v on noise, so that times mean nothing", loss)
	}
	var norm float64
	s.time("norm", func() { norm = s.optim.Norm(grads) })
	s.time("updates", func() { s.optim.StepAhead(grads, rate, s.config.Optim.Clip(norm), s.config.Contrast.Momentum) })
	return nil
}

func (s *stepper) accumulate(part int) {
	for i, sum := range s.sums {
		if part == 0 {
			s.choice.Copy(sum, s.graph.Grads[i])
		} else {
			s.choice.Add(sum, sum, s.graph.Grads[i])
		}
	}
}

func (s *stepper) time(phase string, f func()) {
	start := time.Now()
	f()
	c := s.phases[phase]
	s.phases[phase] = graph.Cost{Calls: c.Calls + 1, Time: c.Time + time.Since(start)}
}

// close frees what a floor measurement has no use for; the engine frees the rest.
func (s *stepper) close() error {
	if s.graph == nil {
		return errors.New("bench: closed twice")
	}
	err := errors.Join(s.graph.Close(), s.lanes.Close())
	s.graph = nil
	return err
}
