package cmae_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"cmae/internal/comm"
	"cmae/internal/dataset/loader"
	"cmae/internal/graph/exec"
	"cmae/internal/graph/nn"
	"cmae/internal/kernel"
	"cmae/internal/kernel/portable"
	"cmae/internal/method"
	"cmae/internal/method/cmae"
	"cmae/internal/model"
	"cmae/internal/recipe"
	"cmae/internal/rng"
)

// small is CMAE whose queries see the visible patches alone, so that no detached pass hangs on a
// trained parameter and the gradient is the derivative of the loss.
func small() recipe.Sized {
	c := recipe.DefaultPretrain()
	c.Model = model.EncoderConfig{
		Size: "micro", PatchSize: 4, Dim: 8, Depth: 2, Heads: 2, MLPRatio: 2,
	}
	c.Decoder = model.DecoderConfig{Kind: "transformer", Depth: 2, Dim: 8, Heads: 2, MLPRatio: 2}
	c.Mask.Ratio = 0.5
	c.Contrast.Out, c.Contrast.Hidden, c.Contrast.Query = 6, 10, "visible"
	return c.At(12)
}

// TestDerivatives moves each part of a whole float64 step along a random direction, for every
// option, and compares the difference of the loss with the gradient. Differences of step 1e-6
// through two blocks and BatchNorm over 5 rows are good to about 1e-8 of the gradient; 1e-6 is
// asked for.
func TestDerivatives(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(c *recipe.Sized)
	}{
		{"visible query", func(*recipe.Sized) {}},
		{"mae", func(c *recipe.Sized) { c.Contrast.Weight, c.Location.Weight = 0, 0 }},
		{"plain pixels", func(c *recipe.Sized) { c.Reconstruct.NormPix = false }},
		{
			"contrast alone",
			func(c *recipe.Sized) { c.Reconstruct.Weight, c.Location.Weight = 0, 0 },
		},
		{
			"weights",
			func(c *recipe.Sized) {
				c.Reconstruct.Weight, c.Location.Weight, c.Contrast.Weight = .3, 2, .7
			},
		},
		{"restored query", func(c *recipe.Sized) { c.Contrast.Query = "restored" }},
		{
			"restored query, cls and mean",
			func(c *recipe.Sized) { c.Contrast.Query, c.Contrast.Pool = "restored", "mean+cls" },
		},
		{"every second image", func(c *recipe.Sized) { c.Contrast.Every = 2 }},
		{
			"every second image, symmetric, full key",
			func(c *recipe.Sized) {
				c.Contrast.Every, c.Contrast.Symmetric, c.Contrast.Key = 2, true, "full"
			},
		},
		{"full key", func(c *recipe.Sized) { c.Contrast.Key = "full" }},
		{"visible key", func(c *recipe.Sized) { c.Contrast.Key = "visible" }},
		{
			"visible key of more patches",
			func(c *recipe.Sized) { c.Contrast.Key, c.Mask.KeyRatio = "visible", 0.3 },
		},
		{
			"split key of other parts, symmetric, every second image",
			func(c *recipe.Sized) {
				c.Mask.KeyRatio, c.Contrast.Symmetric, c.Contrast.Every = 0.3, true, 2
			},
		},
		{"bank", func(c *recipe.Sized) { c.Contrast.Key = "bank" }},
		{
			"bank with queue and predictor, every second image",
			func(c *recipe.Sized) {
				c.Contrast.Key, c.Contrast.QueueSize = "bank", 7
				c.Contrast.Predictor, c.Contrast.Every = true, 2
			},
		},
		{"cls", func(c *recipe.Sized) { c.Contrast.Pool = "cls" }},
		{"cls and mean", func(c *recipe.Sized) { c.Contrast.Pool = "mean+cls" }},
		{"queue", func(c *recipe.Sized) { c.Contrast.QueueSize = 7 }},
		{"symmetric", func(c *recipe.Sized) { c.Contrast.Symmetric = true }},
		{
			"symmetric with queue",
			func(c *recipe.Sized) { c.Contrast.Symmetric, c.Contrast.QueueSize = true, 7 },
		},
		{
			"predictor",
			func(c *recipe.Sized) { c.Contrast.Predictor, c.Contrast.ScaleByTau = true, true },
		},
		{"one layer", func(c *recipe.Sized) { c.Contrast.Layers = 1 }},
		{"rowcol", func(c *recipe.Sized) { c.Location.Target = "rowcol" }},
		{
			"rowcol by cross-entropy",
			func(c *recipe.Sized) { c.Location.Target, c.Location.Loss = "rowcol", "ce" },
		},
		{"index by cross-entropy", func(c *recipe.Sized) { c.Location.Loss = "ce" }},
		{"mean over slots", func(c *recipe.Sized) { c.Location.Reduction = "mean" }},
		{"no activation", func(c *recipe.Sized) { c.Location.Activation = "none" }},
		{"dropped positions", func(c *recipe.Sized) { c.Location.DropPosition = 0.5 }},
		{"mlp decoder", func(c *recipe.Sized) { c.Decoder.Kind = "mlp" }},
		{
			"hybrid-mlp decoder",
			func(c *recipe.Sized) { c.Decoder.Kind, c.Decoder.HybridAt = "hybrid-mlp", []int{0} },
		},
		{"conv decoder", func(c *recipe.Sized) { c.Decoder.Kind = "conv" }},
		{"hybrid-conv decoder", func(c *recipe.Sized) { c.Decoder.Kind = "hybrid-conv" }},
		{
			"depthwise decoder",
			func(c *recipe.Sized) { c.Decoder.Kind, c.Decoder.Depthwise = "conv", true },
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			config := small()
			c.change(&config)
			if err := cmae.New().CheckSide(config); err != nil {
				t.Fatal(err)
			}
			checkDerivatives(t, config)
		})
	}
}

func checkDerivatives(t *testing.T, c recipe.Sized) {
	e := portable.New(1)
	defer e.Close()
	s := newStep(t, e, c, 5*c.Contrast.Every)
	loss := func() float64 {
		if err := s.Run(); err != nil {
			t.Fatal(err)
		}
		return exec.Read[float64](s.Func, exec.Loss)[0]
	}
	loss()
	grads, whole := make([][]float64, len(s.Params())), 0.0
	for i := range s.Params() {
		grads[i] = s.ReadGrad(s.Params()[i])
		whole = math.Hypot(whole, norm(grads[i]))
	}
	for part, members := range parts(s.Params()) {
		// The masked pass of a restored query is a constant to the gradient and moves with the
		// encoder.
		if c.Contrast.Weight > 0 && c.Contrast.Query == "restored" &&
			slices.Contains(encoderParts, part) {
			continue
		}
		l := newLine(e, s.Params(), members)
		want, length := 0.0, 0.0
		for i, at := range members {
			length = math.Hypot(length, norm(grads[at]))
			for j, d := range l.direction[i] {
				want += d * grads[at][j]
			}
		}
		const step = 1e-6
		l.move(step)
		up := loss()
		l.move(-step)
		got := (up - loss()) / (2 * step)
		l.move(0)
		if d := math.Abs(got - want); !(d <= 1e-6*max(length, 1e-2*whole)) {
			t.Errorf("%s: differences %v, gradient %v", part, got, want)
		}
	}
}

// parts groups parameters by the first part of their names.
func parts(params []*nn.Param) map[string][]int {
	all := map[string][]int{}
	for i, p := range params {
		part, _, _ := strings.Cut(p.Name, ".")
		all[part] = append(all[part], i)
	}
	return all
}

var encoderParts = []string{"cls_token", "patch_embed", "blocks", "norm"}

// line is a way through the space of some parameters.
type line struct {
	engine           kernel.Engine
	params           []*nn.Param
	start, direction [][]float64
}

func newLine(e kernel.Engine, params []*nn.Param, members []int) line {
	l := line{engine: e}
	r := rng.For(6, rng.Synthetic, uint64(members[0]))
	for _, i := range members {
		start := kernel.Read[float64](e, params[i].Value)
		direction := make([]float64, len(start))
		for j := range direction {
			direction[j] = r.NormFloat64()
		}
		l.params = append(l.params, params[i])
		l.start = append(l.start, start)
		l.direction = append(l.direction, direction)
	}
	return l
}

// move sets the parameters to start + h direction.
func (l line) move(h float64) {
	for i, p := range l.params {
		values := make([]float64, len(l.start[i]))
		for j, v := range l.start[i] {
			values[j] = v + h*l.direction[i][j]
		}
		kernel.Write(l.engine, p.Value, values)
	}
}

func norm(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v * v
	}
	return math.Sqrt(sum)
}

// newStep is a float64 step on random views; every parameter is moved off its initial value,
// momentum copies too.
func newStep(t *testing.T, e kernel.Engine, c recipe.Sized, batch int) *method.Step {
	t.Helper()
	params := nn.NewParams(e, kernel.F64, 1)
	g := method.Graph{Method: cmae.New(), Recipe: c, Batch: batch}
	s, err := g.Compile(comm.Single(e), params, kernel.F64)
	if err != nil {
		t.Fatal(err)
	}
	r := rng.For(5, rng.Synthetic)
	for _, p := range params.All() {
		if p.Role == nn.Fixed {
			continue
		}
		values := kernel.Read[float64](e, p.Value)
		for i := range values {
			values[i] += 0.1 * r.NormFloat64()
		}
		kernel.Write(e, p.Value, values)
	}
	for _, state := range s.States() {
		kernel.Write(e, state, draw(state.Len(), r.NormFloat64))
	}
	s.Set(randomBatch(r, c, batch), 0)
	return s
}

func randomBatch(r *rand.Rand, c recipe.Sized, batch int) *loader.Batch {
	pixels, n := batch*3*c.Side*c.Side, batch*c.Patches()
	images := make([]int32, batch)
	for i := range images {
		images[i] = int32(batch - 1 - i)
	}
	return &loader.Batch{
		Indices: images, Whole: images,
		Query: draw(pixels, r.NormFloat64), Key: draw(pixels, r.NormFloat64),
		NoiseQuery: draw(n, r.Float64), NoiseKey: draw(n, r.Float64),
		KeepPosition: draw(n, func() float64 { return math.Round(r.Float64()) }),
	}
}

func draw(n int, f func() float64) []float32 {
	values := make([]float32, n)
	for i := range values {
		values[i] = float32(f())
	}
	return values
}
