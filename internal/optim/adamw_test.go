package optim

import (
	"math"
	"slices"
	"strings"
	"testing"

	"cmae/internal/kernel"
	"cmae/internal/kernel/portable"
	"cmae/internal/nn"
	"cmae/internal/rng"
)

// slow is AdamW of one element with decoupled decay, as its paper writes it.
type slow struct{ p, m, v float64 }

func (s *slow) step(c Config, t int, g, rate, decay float64) {
	s.m = c.Beta1*s.m + (1-c.Beta1)*g
	s.v = c.Beta2*s.v + (1-c.Beta2)*g*g
	mean := s.m / (1 - math.Pow(c.Beta1, float64(t)))
	square := s.v / (1 - math.Pow(c.Beta2, float64(t)))
	s.p = s.p - rate*decay*s.p - rate*mean/(math.Sqrt(square)+c.Eps)
}

// parameters are one of each kind that decay treats differently.
func parameters(e kernel.Engine, real kernel.DType) (params []*nn.Param) {
	r := rng.For(1, rng.Synthetic)
	for _, p := range []struct {
		name  string
		shape []int
	}{
		{"blocks.0.mlp.fc1.weight", []int{3, 4}}, {"blocks.0.mlp.fc1.bias", []int{4}}, {"norm.weight", []int{5}},
		{"cls_token", []int{1, 1, 5}}, {"patch_embed.proj.weight", []int{2, 3, 2, 2}},
	} {
		param := &nn.Param{Name: p.name, Value: e.New(real, p.shape...)}
		nn.WriteTensor(e, param.Value, draw(param.Value.Len(), r.NormFloat64))
		params = append(params, param)
	}
	return params
}

func draw(n int, f func() float64) []float64 {
	values := make([]float64, n)
	for i := range values {
		values[i] = f()
	}
	return values
}

// TestAdamW follows several steps with a changing rate and a clipped gradient. In float32 an element carries some ten roundings of 6e-8.
func TestAdamW(t *testing.T) {
	decays := []bool{true, false, false, true, true} // matrices and tokens, not biases and one-dimensional parameters (spec 1.11)
	for _, c := range []struct {
		real      kernel.DType
		tolerance float64
	}{{kernel.F64, 1e-14}, {kernel.F32, 2e-6}} {
		t.Run(c.real.String(), func(t *testing.T) {
			e := portable.New(1)
			defer e.Close()
			config := Default()
			params := parameters(e, c.real)
			a := NewAdamW(config, e, params)
			var want [][]slow
			var grads []kernel.Tensor
			for _, p := range params {
				row := make([]slow, p.Value.Len())
				for i, v := range nn.ReadTensor[float64](e, p.Value) {
					row[i].p = v
				}
				want, grads = append(want, row), append(grads, e.New(c.real, p.Value.Shape...))
			}
			r := rng.For(2, rng.Synthetic)
			for step := 1; step <= 6; step++ {
				rate, scale := 0.01/float64(step), 1/float64(1+step%2)
				for i, g := range grads {
					nn.WriteTensor(e, g, draw(g.Len(), r.NormFloat64))
					decay := 0.0
					if decays[i] {
						decay = config.WeightDecay
					}
					for j, v := range nn.ReadTensor[float64](e, g) {
						want[i][j].step(config, step, v*scale, rate, decay)
					}
				}
				a.Step(grads, rate, scale)
			}
			for i, p := range params {
				for j, got := range nn.ReadTensor[float64](e, p.Value) {
					if d := math.Abs(got - want[i][j].p); !(d <= c.tolerance) {
						t.Fatalf("%s, element %d: %v, want %v", p.Name, j, got, want[i][j].p)
					}
				}
			}
		})
	}
}

// TestRestore: an optimizer whose moments and steps are carried to another goes on with equal bits.
func TestRestore(t *testing.T) {
	e := portable.New(1)
	defer e.Close()
	params, twins := parameters(e, kernel.F32), parameters(e, kernel.F32)
	a := NewAdamW(Default(), e, params)
	var grads []kernel.Tensor
	for _, p := range parameters(e, kernel.F32) { // any numbers will do
		grads = append(grads, p.Value)
	}
	a.Step(grads, 0.1, 1)
	a.Step(grads, 0.1, 1)
	b := NewAdamW(Default(), e, twins)
	moments, steps := a.State()
	copies, _ := b.State()
	for i, m := range moments {
		if copies[i].Name != m.Name {
			t.Fatalf("moment %d is %s in one and %s in the other", i, m.Name, copies[i].Name)
		}
		e.Copy(copies[i].Value, m.Value)
	}
	for i, p := range params {
		e.Copy(twins[i].Value, p.Value)
	}
	b.Restore(steps)
	a.Step(grads, 0.1, 1)
	b.Step(grads, 0.1, 1)
	for i, p := range params {
		if !slices.Equal(nn.ReadTensor[float32](e, p.Value), nn.ReadTensor[float32](e, twins[i].Value)) {
			t.Errorf("%s goes on differently", p.Name)
		}
	}
	if len(moments) != 2*len(params) || moments[0].Name != "first.blocks.0.mlp.fc1.weight" || moments[1].Name != "second.blocks.0.mlp.fc1.weight" {
		t.Errorf("%d moments, the first called %s", len(moments), moments[0].Name)
	}
}

func TestNormAndClip(t *testing.T) {
	e := portable.New(1)
	defer e.Close()
	a := NewAdamW(Default(), e, nil)
	x, y := e.New(kernel.F32, 2), e.New(kernel.F32, 1)
	nn.WriteTensor(e, x, []float64{2, 3})
	nn.WriteTensor(e, y, []float64{6})
	if got := a.Norm([]kernel.Tensor{x, y}); got != 7 {
		t.Errorf("norm %v, want 7", got)
	}
	for _, bad := range []float64{math.NaN(), math.Inf(1)} {
		nn.WriteTensor(e, y, []float64{bad})
		if got := a.Norm([]kernel.Tensor{x, y}); !math.IsNaN(got) && !math.IsInf(got, 0) {
			t.Errorf("norm %v hides %v", got, bad)
		}
	}
	for _, c := range []struct{ limit, norm, want float64 }{{0, 100, 1}, {7, 7, 1}, {8, 7, 1}, {1, 4, 0.25}} {
		if got := (Config{ClipNorm: c.limit}).Clip(c.norm); math.Abs(got-c.want) > 1e-6 { // the 1e-6 added to the norm
			t.Errorf("limit %v, norm %v: factor %v, want %v", c.limit, c.norm, got, c.want)
		}
	}
}

// TestSchedule: linear from 0 to base_lr batch/256, half a cosine down to min_lr.
func TestSchedule(t *testing.T) {
	c := Default()
	c.BaseLR, c.MinLR, c.WarmupEpochs = 1e-3, 1e-5, 10
	const peak = 2e-3 // batch 512
	for epoch, want := range map[float64]float64{
		0: 0, 2.5: peak / 4, 10: peak, 35: c.MinLR + (peak-c.MinLR)*(1+math.Sqrt2/2)/2, 60: (peak + c.MinLR) / 2, 110: c.MinLR,
	} {
		if got := c.RateAt(epoch, 110, 512); math.Abs(got-want) > 1e-15 {
			t.Errorf("epoch %v: %v, want %v", epoch, got, want)
		}
	}
	c.WarmupEpochs = 0
	if got := c.RateAt(0, 10, 256); got != c.BaseLR {
		t.Errorf("without warm-up it starts at %v", got)
	}
}

func TestRefusals(t *testing.T) {
	if err := Default().Validate(); err != nil {
		t.Fatal(err)
	}
	for key, change := range map[string]func(c *Config){
		"base_lr":       func(c *Config) { c.BaseLR = 0 },
		"min_lr":        func(c *Config) { c.MinLR = -1 },
		"warmup_epochs": func(c *Config) { c.WarmupEpochs = -1 },
		"weight_decay":  func(c *Config) { c.WeightDecay = -1 },
		"beta1":         func(c *Config) { c.Beta1 = 1 },
		"beta2":         func(c *Config) { c.Beta2 = -0.1 },
		"eps":           func(c *Config) { c.Eps = 0 },
		"clip_norm":     func(c *Config) { c.ClipNorm = -1 },
	} {
		c := Default()
		change(&c)
		if err := c.Validate(); err == nil || !strings.HasPrefix(err.Error(), "optim."+key+": ") {
			t.Errorf("%s: %v", key, err)
		}
	}
}
