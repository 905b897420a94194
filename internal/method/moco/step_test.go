package moco_test

import (
	"slices"
	"strings"
	"testing"

	"cmae/internal/comm"
	"cmae/internal/config"
	"cmae/internal/graph/nn"
	"cmae/internal/kernel"
	"cmae/internal/kernel/portable"
	"cmae/internal/method"
	"cmae/internal/recipe"
)

func load(t *testing.T, set ...string) recipe.Pretrain {
	t.Helper()
	c, err := method.Load(method.Default(), config.Source{Set: set})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// compile makes a step that keeps its stages.
func compile(
	t *testing.T, p *nn.Params, c recipe.Sized, batch int, compute kernel.DType,
) *method.Step {
	t.Helper()
	g := method.Graph{Method: method.Of(c.Pretrain), Recipe: c, Batch: batch, Stages: true}
	s, err := g.Compile(comm.Single(p.Engine()), p, compute)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// TestEnqueue: keys go over the oldest, round the end, whether the batch divides the queue, exceeds
// it or not.
func TestEnqueue(t *testing.T) {
	for _, c := range []struct {
		size int
		want []float64 // after batches 0 1 2 3, 4 5 6 7, 8 9 10 11
	}{
		{8, []float64{8, 9, 10, 11, 4, 5, 6, 7}},
		{6, []float64{6, 7, 8, 9, 10, 11}},
		{10, []float64{10, 11, 2, 3, 4, 5, 6, 7, 8, 9}},
		{3, []float64{9, 10, 11}},
	} {
		cfg := load(t, "method=moco-v1")
		cfg.Contrast.QueueSize, cfg.Contrast.Out = c.size, 1
		cfg.Model.Dim, cfg.Model.Depth, cfg.Model.Heads = 8, 1, 1
		e := portable.New(1)
		t.Cleanup(func() { e.Close() })
		s := compile(t, nn.NewParams(e, kernel.F64, 1), cfg.At(8), 4, kernel.F64)
		for step := range 3 {
			keys := make([]float64, 4)
			for i := range keys {
				keys[i] = float64(4*step + i)
			}
			kernel.Write(e, s.Value("keys"), keys)
			s.After(step, nil)
		}
		if got := kernel.Read[float64](e, s.Value("queue")); !slices.Equal(got, c.want) {
			t.Errorf("queue of %d: %v, want %v", c.size, got, c.want)
		}
	}
}

// TestFrozenPatches: the patch embedding is not trained, and both networks start from the same.
func TestFrozenPatches(t *testing.T) {
	c := load(
		t, "method=moco-v3", "contrast.freeze_patches=true", "model.dim=8", "model.depth=1",
		"model.heads=1", "contrast.hidden=8",
	)
	e := portable.New(1)
	t.Cleanup(func() { e.Close() })
	p := nn.NewParams(e, kernel.F32, 1)
	s := compile(t, p, c.At(8), 4, kernel.F32)
	nn.UpdateEMA(p, 0)
	for _, param := range s.Params() {
		if strings.HasPrefix(param.Name, "patch_embed.") {
			t.Errorf("%s is trained", param.Name)
		}
	}
	online, _ := p.Lookup("patch_embed.proj.weight")
	ema, _ := p.Lookup("momentum.patch_embed.proj.weight")
	if !slices.Equal(
		kernel.Read[float32](e, online.Value), kernel.Read[float32](e, ema.Value),
	) {
		t.Error("the momentum network has another patch embedding")
	}
}
