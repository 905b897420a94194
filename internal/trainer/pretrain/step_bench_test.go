package pretrain

import (
	"fmt"
	"testing"

	"cmae/internal/comm"
	"cmae/internal/dataset/loader"
	"cmae/internal/graph/nn"
	"cmae/internal/kernel"
	"cmae/internal/kernel/backend"
	"cmae/internal/method"
	"cmae/internal/optim"
	"cmae/internal/recipe"
	"cmae/internal/rng"
)

// syntheticBatch is noise in the shape of a batch.
func syntheticBatch(c recipe.Sized, batch int) *loader.Batch {
	r := rng.For(1, rng.Synthetic)
	fill := func(n int) []float32 {
		v := make([]float32, n)
		for i := range v {
			v[i] = r.Float32()
		}
		return v
	}
	pixels, n := batch*3*c.Side*c.Side, batch*c.Patches()
	return &loader.Batch{
		Query: fill(pixels), Key: fill(pixels), NoiseQuery: fill(n), NoiseKey: fill(n),
		KeepPosition: fill(n),
	}
}

// BenchmarkStep times the step of the default run: forward, backward, AdamW with momentum update.
func BenchmarkStep(b *testing.B) {
	c := method.Default()
	g := method.Graph{Method: method.Of(c), Recipe: c.At(28), Batch: c.Train.BatchSize}
	choice, err := backend.Open("auto", "f32", 0)
	if err != nil {
		b.Fatal(err)
	}
	defer choice.Close()
	params := nn.NewParams(choice.Engine, kernel.F32, 1)
	params.KeepCopies(choice.ComputeType)
	s, err := g.Compile(comm.Single(choice.Engine), params, choice.ComputeType)
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	adamw := optim.New(c.Optim, choice.Engine, s.Params())
	adamw.TrackEMA(nn.EMAs(params))
	batch := syntheticBatch(g.Recipe, g.Batch)
	profile := s.Profile()
	b.ReportAllocs()
	for b.Loop() {
		s.Set(batch, 0)
		if err := s.Run(); err != nil {
			b.Fatal(err)
		}
		adamw.Norm(s.Grads())
		adamw.StepWithEMA(s.Grads(), 1e-3, 1, 0.99)
	}
	b.ReportMetric(float64(c.Train.BatchSize)*float64(b.N)/b.Elapsed().Seconds(), "images/s")
	for kind, cost := range profile.Kinds {
		b.ReportMetric(cost.Time.Seconds()*1e3/float64(b.N), fmt.Sprintf("ms/%s", kind))
	}
}
