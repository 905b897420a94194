package pretrain

import (
	"slices"
	"strings"
	"testing"

	"cmae/internal/config"
	"cmae/internal/graph/nn"
	"cmae/internal/kernel"
	"cmae/internal/kernel/portable"
	"cmae/internal/model"
	"cmae/internal/recipe"
)

func load(set ...string) (recipe.Pretrain, error) {
	c := recipe.DefaultPretrain()
	err := config.Load(&c, config.Source{Set: set})
	return c, err
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
		cfg, err := load("method=moco-v3")
		if err != nil {
			t.Fatal(err)
		}
		cfg.Method, cfg.Contrast = model.MoCo1, model.DefaultContrast()
		cfg.Contrast.QueueSize, cfg.Contrast.Out, cfg.Model.Dim, cfg.Model.Depth, cfg.Model.Heads = c.size, 1, 8, 1, 1
		e := portable.New(1)
		s, err := NewStep(nn.NewParams(e, kernel.F64, 1), cfg.Architecture(8), 4, kernel.F64, true)
		if err != nil {
			t.Fatal(err)
		}
		for step := range 3 {
			keys := make([]float64, 4)
			for i := range keys {
				keys[i] = float64(4*step + i)
			}
			nn.WriteTensor(e, s.Value("out.zk"), keys)
			s.Enqueue(step)
		}
		if got := nn.ReadTensor[float64](e, s.Queue()); !slices.Equal(got, c.want) {
			t.Errorf("queue of %d: %v, want %v", c.size, got, c.want)
		}
		s.Close()
		e.Close()
	}
}

// TestFrozenPatches: the patch embedding is not trained, and both networks start from the same.
func TestFrozenPatches(t *testing.T) {
	c, err := load(
		"method=moco-v3", "contrast.freeze_patches=true", "model.dim=8", "model.depth=1",
		"model.heads=1", "contrast.hidden=8",
	)
	if err != nil {
		t.Fatal(err)
	}
	e := portable.New(1)
	defer e.Close()
	p := nn.NewParams(e, kernel.F32, 1)
	s, err := NewStep(p, c.Architecture(8), 4, kernel.F32, false)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	model.UpdateMomentum(p, 0)
	for _, param := range s.Params() {
		if strings.HasPrefix(param.Name, "patch_embed.") {
			t.Errorf("%s is trained", param.Name)
		}
	}
	online, _ := p.Lookup("patch_embed.proj.weight")
	follower, _ := p.Lookup("momentum.patch_embed.proj.weight")
	if !slices.Equal(
		nn.ReadTensor[float32](e, online.Value), nn.ReadTensor[float32](e, follower.Value),
	) {
		t.Error("the momentum network has another patch embedding")
	}
}
