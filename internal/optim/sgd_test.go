package optim

import (
	"math"
	"slices"
	"testing"

	"cmae/internal/graph/nn"
	"cmae/internal/kernel"
	"cmae/internal/kernel/portable"
	"cmae/internal/rng"
)

// TestSGDAgainstPyTorch: four steps of torch.optim.SGD(lr=.1, momentum=.9, weight_decay=.01) behind
// MultiStepLR([2], .1) in float64.
func TestSGDAgainstPyTorch(t *testing.T) {
	e := portable.New(1)
	defer e.Close()
	c := Default()
	c.Kind, c.BaseLR, c.WeightDecay, c.WarmupEpochs = KindSGD, 0.1, 0.01, 0
	c.Schedule, c.Milestones = ScheduleStep, []float64{2}
	c.DecayAll = true // as PyTorch without groups
	p := &nn.Param{Name: "bias", Value: e.New(kernel.F64, 3)}
	kernel.Write(e, p.Value, []float64{1, -2, 0.5})
	s, g := New(c, e, []*nn.Param{p}), e.New(kernel.F64, 3)
	for step, want := range [][]float64{
		{0.974, -1.948, 0.3995},
		{0.8996259999999999, -1.7992519999999999, 0.10865049999999998},
		{0.8853423773999999, -1.7706847547999998, 0.05246317994999997},
		{0.8623985828222599, -1.7247971656445198, -0.038110654412995035},
	} {
		k := float64(step+1) / 2
		kernel.Write(e, g, []float64{0.5 * k, -k, 2 * k})
		s.Step([]kernel.Tensor{g}, c.RateAt(float64(step), 4, 256), 1)
		for i, got := range kernel.Read[float64](e, p.Value) {
			if math.Abs(got-want[i]) > 1e-15 { // an ulp: the sums of a step in another order
				t.Errorf("step %d, element %d: %v, PyTorch's %v", step+1, i, got, want[i])
			}
		}
	}
}

// TestSGD follows several steps with a changing rate and a clipped gradient, over parameters that
// decay and such that do not.
func TestSGD(t *testing.T) {
	for _, c := range []struct {
		real      kernel.DType
		decayAll  bool
		tolerance float64
	}{{kernel.F64, false, 1e-14}, {kernel.F64, true, 1e-14}, {kernel.F32, false, 2e-6}} {
		e := portable.New(1)
		defer e.Close()
		config := Default()
		config.Kind, config.DecayAll = KindSGD, c.decayAll
		params := parameters(e, c.real)
		s := New(config, e, params)
		var want, velocity [][]float64
		var grads []kernel.Tensor
		for _, p := range params {
			want = append(want, kernel.Read[float64](e, p.Value))
			velocity = append(velocity, make([]float64, p.Value.Len()))
			grads = append(grads, e.New(c.real, p.Value.Shape...))
		}
		r := rng.For(2, rng.Synthetic)
		for step := 1; step <= 6; step++ {
			rate, scale := 0.01/float64(step), 1/float64(1+step%2)
			for i, g := range grads {
				kernel.Write(e, g, draw(g.Len(), r.NormFloat64))
				decay := 0.0
				if c.decayAll || params[i].Decays() {
					decay = config.WeightDecay
				}
				for j, v := range kernel.Read[float64](e, g) {
					velocity[i][j] = config.Momentum*velocity[i][j] + v*scale + decay*want[i][j]
					want[i][j] -= rate * velocity[i][j]
				}
			}
			s.Step(grads, rate, scale)
		}
		for i, p := range params {
			for j, got := range kernel.Read[float64](e, p.Value) {
				if d := math.Abs(got - want[i][j]); !(d <= c.tolerance) {
					t.Fatalf("%v, %s, element %d: %v, want %v", c.real, p.Name, j, got, want[i][j])
				}
			}
		}
	}
}

// TestSGDStepWithEMA: the momentum copies made in the optimizer's pass have the bits of those made
// after it.
func TestSGDStepWithEMA(t *testing.T) {
	e := portable.New(1)
	defer e.Close()
	config := Default()
	config.Kind = KindSGD
	params, twins, grads := parameters(e, kernel.F32), parameters(e, kernel.F32), []kernel.Tensor{}
	leads, apart := map[*nn.Param]*nn.Param{}, []*nn.Param{}
	for i, p := range parameters(e, kernel.F32) {
		grads = append(grads, p.Value)
		leads[params[i]] = &nn.Param{Value: e.New(kernel.F32, p.Value.Shape...)}
		apart = append(apart, &nn.Param{Value: e.New(kernel.F32, p.Value.Shape...)})
	}
	a, b := New(config, e, params), New(config, e, twins)
	a.TrackEMA(leads)
	for _, m := range []float64{0, 0.9, 0.99} {
		a.StepWithEMA(grads, 0.1, 1, m)
		b.Step(grads, 0.1, 1)
		for i, p := range twins {
			e.EMA(apart[i].Value, p.Value, m)
			if !slices.Equal(
				kernel.Read[float32](e, apart[i].Value),
				kernel.Read[float32](e, leads[params[i]].Value),
			) {
				t.Errorf("m %v: the copy of %s differs", m, p.Name)
			}
		}
	}
}
