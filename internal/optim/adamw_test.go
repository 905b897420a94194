package optim

import (
	"math"
	"testing"

	"cmae/internal/graph/nn"
	"cmae/internal/kernel"
	"cmae/internal/kernel/portable"
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
		{"blocks.0.mlp.fc1.weight", []int{3, 4}},
		{"blocks.0.mlp.fc1.bias", []int{4}},
		{"norm.weight", []int{5}},
		{"cls_token", []int{1, 1, 5}},
		{"patch_embed.proj.weight", []int{2, 3, 2, 2}},
	} {
		param := &nn.Param{Name: p.name, Value: e.New(real, p.shape...)}
		kernel.Write(e, param.Value, draw(param.Value.Len(), r.NormFloat64))
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

// TestAdamW follows several steps with a changing rate and a clipped gradient. In float32 an
// element carries some ten roundings of 6e-8.
func TestAdamW(t *testing.T) {
	// matrices and tokens, not biases and one-dimensional parameters (spec 1.11)
	decays := []bool{true, false, false, true, true}
	for _, c := range []struct {
		real      kernel.DType
		tolerance float64
	}{{kernel.F64, 1e-14}, {kernel.F32, 2e-6}} {
		t.Run(c.real.String(), func(t *testing.T) {
			e := portable.New(1)
			defer e.Close()
			config := Default()
			params := parameters(e, c.real)
			a := New(config, e, params)
			var want [][]slow
			var grads []kernel.Tensor
			for _, p := range params {
				row := make([]slow, p.Value.Len())
				for i, v := range kernel.Read[float64](e, p.Value) {
					row[i].p = v
				}
				want, grads = append(want, row), append(grads, e.New(c.real, p.Value.Shape...))
			}
			r := rng.For(2, rng.Synthetic)
			for step := 1; step <= 6; step++ {
				rate, scale := 0.01/float64(step), 1/float64(1+step%2)
				for i, g := range grads {
					kernel.Write(e, g, draw(g.Len(), r.NormFloat64))
					decay := 0.0
					if decays[i] {
						decay = config.WeightDecay
					}
					for j, v := range kernel.Read[float64](e, g) {
						want[i][j].step(config, step, v*scale, rate, decay)
					}
				}
				a.Step(grads, rate, scale)
			}
			for i, p := range params {
				for j, got := range kernel.Read[float64](e, p.Value) {
					if d := math.Abs(got - want[i][j].p); !(d <= c.tolerance) {
						t.Fatalf("%s, element %d: %v, want %v", p.Name, j, got, want[i][j].p)
					}
				}
			}
		})
	}
}
