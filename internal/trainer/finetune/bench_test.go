package finetune

import (
	"slices"
	"testing"
	"time"

	"cmae/internal/graph/nn"
	"cmae/internal/kernel"
	"cmae/internal/kernel/backend"
	"cmae/internal/model"
	"cmae/internal/optim"
	"cmae/internal/recipe"
)

// BenchmarkStep times forward, backward and AdamW of an encoder 192 wide and 6 deep, and of
// ViT-S/16 at 224 px.
func BenchmarkStep(b *testing.B) {
	tiny := model.EncoderConfig{Size: model.Tiny, PatchSize: 4, Depth: 6, MLPRatio: 4}.Resolved()
	small := model.EncoderConfig{Size: model.Small, PatchSize: 16, MLPRatio: 4}.Resolved()
	for _, t := range []kernel.DType{kernel.F32, kernel.BF16} {
		b.Run("tiny/"+t.String(), func(b *testing.B) {
			benchmarkStep(b, shape{encoder: tiny, side: 32, classes: 10, batch: 64, compute: t})
		})
		b.Run("small/"+t.String(), func(b *testing.B) {
			benchmarkStep(b, shape{encoder: small, side: 224, classes: 1000, batch: 16, compute: t})
		})
	}
}

func benchmarkStep(b *testing.B, s shape) {
	choice, err := backend.Open("auto", s.compute.String(), 0)
	if err != nil {
		b.Fatal(err)
	}
	defer choice.Close()
	count, err := replicasOn(recipe.Finetune{}, choice, s, 1)
	if err != nil {
		b.Fatal(err)
	}
	r, err := choice.Replicas(count)
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	t, err := newStep(r, nn.NewParams(choice.Engine, kernel.F32, 1), s, .1)
	if err != nil {
		b.Fatal(err)
	}
	defer t.Close()
	adamw := optim.New(recipe.DefaultFinetune().Optim, choice.Engine, t.Params())
	adamw.Regroup(optim.LayerDecay(.65, s.encoder.Depth))
	images, answers := feed(s)
	step := func(n int) {
		t.feed(images, answers, 1, n, 0)
		if err := t.Run(); err != nil {
			b.Fatal(err)
		}
		adamw.Norm(t.Grads())
		adamw.Step(t.Grads(), 1e-4, 1)
	}
	for range 2 { // the first compiles primitives, the second finds memory in place
		step(1)
	}
	var times []time.Duration
	for b.Loop() {
		start := time.Now()
		step(b.N)
		times = append(times, time.Since(start))
	}
	slices.Sort(times)
	b.ReportMetric(float64(s.batch)/times[len(times)/2].Seconds(), "images/s")
}
