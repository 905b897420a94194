package optim

import (
	"math"
	"testing"

	"cmae/internal/graph/nn"
	"cmae/internal/kernel"
	"cmae/internal/kernel/portable"
)

// TestLARS compares five steps with the update written out, in float64. The tolerance is that of
// sums in another order.
func TestLARS(t *testing.T) {
	c := LARSConfig{Momentum: 0.9, Trust: 0.001, WeightDecay: 0.1}
	for _, test := range []struct {
		name   string
		shape  []int
		first  float64 // of the parameter's values
		scaled bool    // by trust
	}{
		{"matrix", []int{3, 4}, 0.7, true},
		{"matrix at zero moves unscaled once", []int{2, 2}, 0, true},
		{"vector is neither scaled nor decayed", []int{5}, 0.7, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := portable.New(1)
			defer e.Close()
			p := &nn.Param{Name: "p", Value: e.New(kernel.F64, test.shape...)}
			n := p.Value.Len()
			want, momentum := make([]float64, n), make([]float64, n)
			for i := range want {
				want[i] = test.first * float64(i+1)
			}
			kernel.Write(e, p.Value, want)
			l := NewLARS(c, e, []*nn.Param{p})
			defer l.Close()
			g := e.New(kernel.F64, test.shape...)
			for step := range 5 {
				grad := make([]float64, n)
				for i := range grad {
					grad[i] = math.Sin(float64(step*n + i))
				}
				kernel.Write(e, g, grad)
				rate := 2 / float64(step+1)
				l.Step([]kernel.Tensor{g}, rate)
				slowLARS(c, want, momentum, grad, rate, test.scaled)
				for i, v := range kernel.Read[float64](e, p.Value) {
					if math.Abs(v-want[i]) > 1e-13 {
						t.Fatalf("step %d: value %d is %g, want %g", step, i, v, want[i])
					}
				}
				if after := kernel.Read[float64](e, g); after[1] != grad[1] {
					t.Fatal("the gradient was changed")
				}
			}
		})
	}
}

// slowLARS is the update of the published linear probe.
func slowLARS(c LARSConfig, p, momentum, g []float64, rate float64, scaled bool) {
	length, size, q := 0.0, 0.0, 1.0
	update := make([]float64, len(p))
	for i := range p {
		update[i] = g[i]
		if scaled {
			update[i] += c.WeightDecay * p[i]
		}
		length += p[i] * p[i]
		size += update[i] * update[i]
	}
	if scaled && length > 0 && size > 0 {
		q = c.Trust * math.Sqrt(length) / math.Sqrt(size)
	}
	for i := range p {
		momentum[i] = c.Momentum*momentum[i] + q*update[i]
		p[i] -= rate * momentum[i]
	}
}
