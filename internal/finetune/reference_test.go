package finetune

import (
	"math"
	"strings"
	"testing"

	"cmae/internal/kernel"
	"cmae/internal/kernel/portable"
	"cmae/internal/model"
	"cmae/internal/nn"
	"cmae/internal/optim"
	"cmae/internal/safetensors"
)

// TestAgainstPyTorch holds loss, gradients and two updates with layer decay against an independent program (testdata/step.py). Ours runs
// in float64 here; the file keeps float32, whose resolution 6e-8 is what the tolerances allow. A gradient or first update of AdamW near 0
// may differ by that much of the largest.
func TestAgainstPyTorch(t *testing.T) {
	f, err := safetensors.Open("testdata/step.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	read := func(name string) []float32 {
		tensor, err := f.Tensor(name)
		if err != nil {
			t.Fatal(err)
		}
		values, err := tensor.Float32s()
		if err != nil {
			t.Fatal(err)
		}
		return values
	}
	e := portable.New(1)
	defer e.Close()
	p := nn.NewParams(e, kernel.F64, 1)
	s, err := newStep(p, shape{
		encoder: model.EncoderConfig{Size: "micro", PatchSize: 4, Dim: 16, Depth: 2, Heads: 2, MLPRatio: 2},
		side:    8, classes: 5, batch: 4, inner: kernel.F64, positions: true,
	}, .5)
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	for _, param := range p.All() {
		nn.WriteTensor(e, param.Value, read("start."+param.Name))
	}
	nn.WriteTensor(e, s.images, read("images"))
	nn.WriteTensor(e, s.answers, read("targets"))
	nn.WriteTensor(e, s.drop.factors[0], read("drop.attention"))
	nn.WriteTensor(e, s.drop.factors[1], read("drop.mlp"))
	adamw := optim.NewAdamW(Default().Optim, e, s.params)
	adamw.Regroup(optim.LayerDecay(Default().Train.LayerDecay, 2))
	for step, want := range read("losses") {
		if err := s.machine.RunAll(); err != nil {
			t.Fatal(err)
		}
		if got := nn.ReadTensor[float64](e, s.machine.Value(s.loss))[0]; math.Abs(got-float64(want)) > 1e-6 {
			t.Errorf("step %d: loss %v, PyTorch's %v", step+1, got, want)
		}
		for i, param := range s.params {
			if step == 0 {
				compare(t, param.Name, nn.ReadTensor[float64](e, s.grads[i]), read("grad."+param.Name), 2e-7)
			}
		}
		adamw.Step(s.grads, 3e-3, 1)
	}
	compared := 0
	for _, param := range s.params {
		compare(t, param.Name, nn.ReadTensor[float64](e, param.Value), read("end."+param.Name), 2e-7)
		compared++
	}
	for _, name := range f.Names() {
		if strings.HasPrefix(name, "end.") {
			compared--
		}
	}
	if compared != 0 {
		t.Errorf("%d parameters more than PyTorch has", compared)
	}
}

// compare allows a difference of tolerance times the largest value.
func compare(t *testing.T, name string, got []float64, want []float32, tolerance float64) {
	t.Helper()
	largest := 0.
	for _, w := range want {
		largest = max(largest, math.Abs(float64(w)))
	}
	for i, w := range want {
		if d := math.Abs(got[i] - float64(w)); !(d <= tolerance*max(largest, 1e-2)) {
			t.Errorf("%s, value %d: %v, PyTorch's %v", name, i, got[i], w)
			return
		}
	}
}
