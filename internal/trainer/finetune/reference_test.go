package finetune

import (
	"math"
	"strings"
	"testing"

	"cmae/internal/comm"
	"cmae/internal/graph/exec"
	"cmae/internal/graph/nn"
	"cmae/internal/kernel"
	"cmae/internal/kernel/portable"
	"cmae/internal/model"
	"cmae/internal/optim"
	"cmae/internal/weights/safetensors"
)

// TestAgainstPyTorch holds loss, gradients, two updates with layer decay and running statistics
// against independent programs (testdata). Ours runs in float64 here; the files keep float32, whose
// resolution 6e-8 is what the tolerances allow. A gradient or first update of AdamW near 0 may
// differ by that much of the largest.
func TestAgainstPyTorch(t *testing.T) {
	sgd := optim.Default()
	sgd.Kind, sgd.WeightDecay, sgd.DecayAll = optim.KindSGD, 1e-4, true
	for name, c := range map[string]struct {
		shape
		drop  float64
		optim optim.Config
	}{
		"transformer": {shape{
			encoder: model.EncoderConfig{
				Size: "micro", PatchSize: 4, Dim: 16, Depth: 2, Heads: 2, MLPRatio: 2,
			},
			side: 8, classes: 5, batch: 4, compute: kernel.F64, positions: true,
		}, .5, optim.DefaultFinetune()},
		"resnet": {shape{
			encoder: model.EncoderConfig{
				Size: model.ResNet18, Stem: "small", Width: 2,
			}, side: 8, classes: 5, batch: 4, compute: kernel.F64,
		}, 0, sgd},
	} {
		t.Run(name, func(t *testing.T) {
			r := openReference(t, name)
			p := nn.NewParams(portable.New(1), kernel.F64, 1)
			s, err := newStep(comm.Single(p.Engine()), p, c.shape, c.drop)
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			for _, param := range p.All() {
				kernel.Write(p.Engine(), param.Value, r.read("start."+param.Name))
			}
			exec.Feed(s.Func, "images", r.read("images"))
			exec.Feed(s.Func, "targets", r.read("targets"))
			if c.drop > 0 { // in the second of two blocks
				exec.Feed(s.Func, dropInput(1, 0), r.read("drop.attention"))
				exec.Feed(s.Func, dropInput(1, 1), r.read("drop.mlp"))
			}
			o := optim.New(c.optim, p.Engine(), s.Params())
			o.Regroup(optim.LayerDecay(.65, s.layers()))
			r.train(s, o)
			for _, param := range p.All() {
				r.compare("end."+param.Name, param.Value)
			}
			if n := len(r.names("end.")); n != len(p.All()) {
				t.Errorf("%d parameters, PyTorch has %d", len(p.All()), n)
			}
			if len(r.names("eval.")) > 0 {
				r.evaluate(p, c.shape)
			}
		})
	}
}

// reference is a file of PyTorch's numbers.
type reference struct {
	*testing.T
	file *safetensors.File
	of   kernel.Engine
}

func openReference(t *testing.T, name string) *reference {
	f, err := safetensors.Open("testdata/" + name + ".safetensors")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return &reference{T: t, file: f}
}

// train makes the steps of the file, and compares their losses and the first one's gradients.
func (r *reference) train(s *step, o *optim.Optimizer) {
	r.of = s.Engine()
	for step, want := range r.read("losses") {
		if err := s.Run(); err != nil {
			r.Fatal(err)
		}
		got := exec.Read[float64](s.Func, exec.Loss)[0]
		if math.Abs(got-float64(want)) > 1e-6 {
			r.Errorf("step %d: loss %v, PyTorch's %v", step+1, got, want)
		}
		for i, param := range s.Params() {
			if step == 0 {
				r.compare("grad."+param.Name, s.Grads()[i])
			}
		}
		o.Step(s.Grads(), 3e-3, 1)
	}
}

// evaluate compares what the evaluator makes of the images after the last step.
func (r *reference) evaluate(p *nn.Params, s shape) {
	j, err := newEvaluator(p, s)
	if err != nil {
		r.Fatal(err)
	}
	defer j.Close()
	exec.Feed(j.Func, "images", r.read("images"))
	if err := j.Run(); err != nil {
		r.Fatal(err)
	}
	r.compare("eval.logits", j.Value("logits"))
}

func (r *reference) names(prefix string) (list []string) {
	for _, name := range r.file.Names() {
		if strings.HasPrefix(name, prefix) {
			list = append(list, name)
		}
	}
	return list
}

func (r *reference) read(name string) []float32 {
	r.Helper()
	values, err := r.file.Float32s(name)
	if err != nil {
		r.Fatal(err)
	}
	return values
}

// compare allows a difference of 2e-7 times the largest value.
func (r *reference) compare(name string, tensor kernel.Tensor) {
	r.Helper()
	got, want, largest := kernel.Read[float64](r.of, tensor), r.read(name), 1e-2
	for _, w := range want {
		largest = max(largest, math.Abs(float64(w)))
	}
	for i, w := range want {
		if d := math.Abs(got[i] - float64(w)); !(d <= 2e-7*largest) {
			r.Errorf("%s, value %d: %v, PyTorch's %v", name, i, got[i], w)
			return
		}
	}
}
