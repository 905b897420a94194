package finetune

import (
	"testing"

	"cmae/internal/graph/nn"
	"cmae/internal/kernel"
	"cmae/internal/kernel/backend"
	"cmae/internal/model"
	"cmae/internal/optim"
	"cmae/internal/recipe"
)

// BenchmarkStep times forward, backward and AdamW of an encoder 192 wide and 6 deep.
func BenchmarkStep(b *testing.B) {
	choice, err := backend.Open("auto", "f32", 0)
	if err != nil {
		b.Fatal(err)
	}
	defer choice.Close()
	encoder := model.EncoderConfig{Size: "tiny", PatchSize: 4, Depth: 6, MLPRatio: 4}.Resolved()
	s := shape{encoder: encoder, side: 32, classes: 10, batch: 64, compute: kernel.F32}
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
	adamw := optim.NewAdamW(recipe.DefaultFinetune().Optim, choice.Engine, t.Params())
	adamw.Regroup(optim.LayerDecay(.65, encoder.Depth))
	images, answers := feed(s)
	for b.Loop() {
		t.feed(images, answers, 1, b.N, 0)
		if err := t.Run(); err != nil {
			b.Fatal(err)
		}
		adamw.Norm(t.Grads())
		adamw.Step(t.Grads(), 1e-4, 1)
	}
	b.ReportMetric(float64(s.batch)*float64(b.N)/b.Elapsed().Seconds(), "images/s")
}
