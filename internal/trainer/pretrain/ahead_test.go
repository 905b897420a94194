package pretrain

import (
	"slices"
	"testing"

	"cmae/internal/comm"
	"cmae/internal/graph/nn"
	"cmae/internal/kernel"
	"cmae/internal/kernel/portable"
	"cmae/internal/method"
	"cmae/internal/optim"
)

// TestOnePassEqualsThree: copies of the weights kept by the optimizer, and the momentum update made
// in its pass, give the bits of steps that convert weights in the graph and update the momentum
// encoder first, as spec 1.2 has it.
func TestOnePassEqualsThree(t *testing.T) {
	for _, inner := range []kernel.DType{kernel.F32, kernel.BF16} {
		c := tiny(t)
		c.Contrast.QueueSize = 0
		g := method.Graph{Method: method.Of(c), Recipe: c.At(28), Batch: c.Train.BatchSize}
		batch := syntheticBatch(g.Recipe, g.Batch)
		run := func(fused bool) map[string][]float64 {
			params := nn.NewParams(portable.New(1), kernel.F32, 1)
			if fused {
				params.KeepCopies(inner)
			}
			s, err := g.Compile(comm.Single(params.Engine()), params, inner)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			nn.UpdateEMA(params, 0)
			adamw := optim.New(c.Optim, params.Engine(), s.Params())
			adamw.TrackEMA(nn.EMAs(params))
			s.Set(batch, 0)
			for _, m := range []float64{0.9, 0.95, 0.99} { // of the next step
				if err := s.Run(); err != nil {
					t.Fatal(err)
				}
				if fused {
					adamw.StepWithEMA(s.Grads(), 1e-2, 1, m)
				} else {
					adamw.Step(s.Grads(), 1e-2, 1)
					nn.UpdateEMA(params, m)
				}
			}
			values := map[string][]float64{}
			for _, p := range params.All() {
				values[p.Name] = kernel.Read[float64](params.Engine(), p.Value)
			}
			return values
		}
		got, want := run(true), run(false)
		if len(got) != len(want) {
			t.Fatalf("%v: %d parameters, want %d", inner, len(got), len(want))
		}
		for name, v := range want {
			if !slices.Equal(got[name], v) {
				t.Errorf("%v: %s differs", inner, name)
			}
		}
	}
}
