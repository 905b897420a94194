package method_test

import (
	"math"
	"testing"

	"cmae/internal/dataset/loader"
	"cmae/internal/graph/nn"
	"cmae/internal/kernel"
	"cmae/internal/kernel/backend"
	"cmae/internal/method"
	"cmae/internal/recipe"
	"cmae/internal/rng"
)

// TestReplicasComputeTheSameStep: losses, gradients and the queue don't depend on the number of
// replicas, not even where images depend on each other.
func TestReplicasComputeTheSameStep(t *testing.T) {
	for _, c := range []struct {
		name string
		set  func(*recipe.Pretrain)
	}{
		{"mae", func(c *recipe.Pretrain) { c.Contrast.Weight, c.Location.Weight = 0, 0 }},
		{"cmae", func(c *recipe.Pretrain) { c.Contrast.Weight, c.Location.Weight = 1, 0.5 }},
		{"queue", func(c *recipe.Pretrain) {
			c.Contrast.Weight, c.Contrast.QueueSize, c.Contrast.Symmetric = 0.3, 20, true
		}},
		{"every second", func(c *recipe.Pretrain) {
			c.Contrast.Weight, c.Contrast.Every, c.Contrast.Symmetric = 0.3, 2, true
		}},
		{"bank", func(c *recipe.Pretrain) {
			c.Contrast.Weight, c.Contrast.QueueSize, c.Contrast.Key = 0.3, 20, "bank"
			c.Contrast.Every = 2
		}},
		{"scaled", func(c *recipe.Pretrain) { c.Contrast.Weight, c.Contrast.ScaleByTau = 0.3, true }},
		{"moco-v3", func(c *recipe.Pretrain) { *c = load(t, *c, "method=moco-v3") }},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := method.Default()
			c.set(&cfg)
			const batch = 12
			sized := narrow(cfg)
			data := syntheticBatch(sized, batch)
			want := stepIn(t, sized, data, batch, 1)
			for _, count := range []int{2, 3} {
				got := stepIn(t, sized, data, batch, count)
				if math.Abs(got.loss-want.loss) > 1e-12*math.Abs(want.loss) {
					t.Errorf("%d replicas: loss %v, want %v", count, got.loss, want.loss)
				}
				for name, v := range want.terms {
					if math.Abs(got.terms[name]-v) > 1e-12*math.Abs(v) {
						t.Errorf("%d replicas: %s %v, want %v", count, name, got.terms[name], v)
					}
				}
				for name, g := range want.grads {
					if d := distance(got.grads[name], g); d > 1e-10 {
						t.Errorf("%d replicas: gradient of %s is off by %.2g", count, name, d)
					}
				}
				for name, state := range want.states {
					if d := distance(got.states[name], state); d > 1e-12 {
						t.Errorf("%d replicas: the %s is off by %.2g", count, name, d)
					}
				}
			}
		})
	}
}

// TestEverySecondImage: contrast of every second image is that of a batch made of these.
func TestEverySecondImage(t *testing.T) {
	cfg := method.Default()
	cfg.Contrast.Weight, cfg.Reconstruct.Weight, cfg.Location.Weight = 1, 0, 0
	alone := narrow(cfg)
	cfg.Contrast.Every = 2
	every := narrow(cfg)
	data := syntheticBatch(every, 12)
	seconds := &loader.Batch{
		Query: seconds(data.Query, 12), Key: seconds(data.Key, 12),
		NoiseQuery: seconds(data.NoiseQuery, 12), NoiseKey: seconds(data.NoiseKey, 12),
	}
	got, want := stepIn(t, every, data, 12, 1), stepIn(t, alone, seconds, 6, 1)
	if math.Abs(got.loss-want.loss) > 1e-12 {
		t.Errorf("loss %v, want %v", got.loss, want.loss)
	}
	for name, g := range want.grads {
		if d := distance(got.grads[name], g); d > 1e-10 {
			t.Errorf("the gradient of %s is off by %.2g", name, d)
		}
	}
}

// seconds are rows 0, 2, 4 and so on of values.
func seconds(values []float32, rows int) []float32 {
	var out []float32
	row := len(values) / rows
	for i := 0; i < rows; i += 2 {
		out = append(out, values[i*row:(i+1)*row]...)
	}
	return out
}

// narrow is a recipe of a small network, for images of 28 pixels.
func narrow(c recipe.Pretrain) recipe.Sized {
	c.Model.Dim, c.Model.Depth, c.Model.Heads, c.Model.PatchSize = 16, 2, 2, 7
	c.Decoder.Dim, c.Decoder.Depth = 16, 1
	c.Contrast.Hidden, c.Contrast.Out = 24, 8
	return c.At(28)
}

type computed struct {
	loss  float64
	terms map[string]float64
	grads map[string][]float64
	// after two steps
	states map[string][]float64
}

// distance is |a-b| over |b|, or |a-b| where b is next to nothing.
func distance(a, b []float64) float64 {
	d, n := 0.0, 0.0
	for i := range b {
		d, n = d+(a[i]-b[i])*(a[i]-b[i]), n+b[i]*b[i]
	}
	if n < 1e-20 {
		return math.Sqrt(d)
	}
	return math.Sqrt(d / n)
}

// stepIn computes two steps on the same weights and images, on the portable engine in float64.
func stepIn(t *testing.T, c recipe.Sized, data *loader.Batch, batch, count int) computed {
	t.Helper()
	choice, err := backend.Open("portable", "f32", count)
	if err != nil {
		t.Fatal(err)
	}
	defer choice.Close()
	r, err := choice.Replicas(count)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	params := nn.NewParams(choice.Engine, kernel.F64, 1)
	g := method.Graph{Method: method.Of(c.Pretrain), Recipe: c, Batch: batch}
	s, err := g.Compile(r, params, kernel.F64)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	s.Start()
	for done := range 2 {
		s.Set(data, 0)
		if err := s.Run(); err != nil {
			t.Fatal(err)
		}
		s.After(done, data.Whole)
	}
	out := computed{grads: map[string][]float64{}, states: map[string][]float64{}}
	for name, state := range s.States() {
		out.states[name] = kernel.Read[float64](choice.Engine, state)
	}
	out.loss, out.terms = s.Losses()
	for _, p := range s.Params() {
		out.grads[p.Name] = s.ReadGrad(p)
	}
	return out
}

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
	images := make([]int32, batch)
	for i := range images {
		images[i] = int32(batch - 1 - i)
	}
	return &loader.Batch{
		Indices: images, Whole: images,
		Query: fill(pixels), Key: fill(pixels), NoiseQuery: fill(n), NoiseKey: fill(n),
		KeepPosition: fill(n),
	}
}
