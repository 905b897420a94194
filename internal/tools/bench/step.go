package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"cmae/internal/comm"
	"cmae/internal/dataset/loader"
	"cmae/internal/graph"
	"cmae/internal/kernel"
	"cmae/internal/method"
	"cmae/internal/optim"
	"cmae/internal/recipe"
	"cmae/internal/rng"
	"cmae/internal/trainer"
	"cmae/internal/trainer/pretrain"
)

// rate is the learning rate of all measured steps: it changes no time, and weights stay finite at
// it.
const rate = 1e-5

// stepper does the trainer's steps on one batch of noise.
type stepper struct {
	*pretrain.Trial
	config  recipe.Pretrain
	batch   *loader.Batch
	profile *graph.Profile
	phases  map[string]graph.Cost // outside the graph
}

func newStepper(c recipe.Pretrain, side int, p comm.Processes) (*stepper, error) {
	c.Optim.BaseLR, c.Optim.MinLR = optim.BaseOf(rate, c.Train.BatchSize), rate
	c.Optim.WarmupEpochs, c.Optim.Schedule = 0, optim.ScheduleCosine
	// images that nobody loads
	trial, err := pretrain.Try(c, make(noiseSource, c.Train.BatchSize), side, p)
	if err != nil {
		return nil, err
	}
	loading := method.Loading(method.Of(c), c.At(side))
	s := &stepper{
		Trial: trial, config: c, batch: noise(loading, c.Data.Channels),
		phases: map[string]graph.Cost{},
	}
	s.Run.Clock = func(phase string, took time.Duration) {
		c := s.phases[phase]
		s.phases[phase] = graph.Cost{Calls: c.Calls + 1, Time: c.Time + took}
	}
	return s, nil
}

// noise is a batch of what synthetic input there can be: normalised pixels and mask noise.
func noise(o loader.Options, channels int) *loader.Batch {
	r := rng.For(o.Seed, rng.Synthetic)
	pixels, n := make([]float32, o.Batch*channels*o.Side*o.Side), o.Batch*o.Patches
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
	images := make([]int32, o.Batch)
	for i := range images {
		images[i] = int32(i)
	}
	return &loader.Batch{
		Indices: images, Whole: images,
		Query: pixels, Key: pixels, NoiseQuery: uniform(), NoiseKey: uniform(),
		KeepPosition: uniform(),
	}
}

// Next is the same batch every time.
func (s *stepper) Next() (*loader.Batch, error) { return s.batch, nil }

// Peek is it too: like a loader that is fast enough.
func (s *stepper) Peek() *loader.Batch { return s.batch }

// compiles tells whether the engine makes programs of its calls.
func (s *stepper) compiles() bool {
	_, ok := s.Run.Choice.Engine.(kernel.Compiler)
	return ok
}

// step returns when the last parameter is updated. An engine that compiles updates in the next
// step.
func (s *stepper) step(ctx context.Context) error {
	_, err := s.Train(ctx, s)
	if err == nil && !s.compiles() {
		s.wait()
	}
	var diverged *trainer.Diverged
	if errors.As(err, &diverged) {
		return fmt.Errorf(
			"bench: %s is not finite on noise, so that times mean nothing", diverged.Term,
		)
	}
	return err
}

// wait returns when all updates are made.
func (s *stepper) wait() {
	params := s.Step.Params()
	kernel.Wait(s.Run.Choice, params[len(params)-1].Value)
}
