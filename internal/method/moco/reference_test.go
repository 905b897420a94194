package moco_test

import (
	"encoding/json"
	"fmt"
	"math"
	"testing"

	"cmae/internal/dataset/loader"
	"cmae/internal/graph/nn"
	"cmae/internal/graph/nn/nntest"
	"cmae/internal/kernel"
	"cmae/internal/kernel/compose"
	"cmae/internal/kernel/kerneltest"
	"cmae/internal/kernel/portable"
	"cmae/internal/method"
	"cmae/internal/model"
	"cmae/internal/optim"
	"cmae/internal/recipe"
	"cmae/internal/weights/safetensors"
)

// mocoCase is a method on a thin network, as the reference in testdata has it.
type mocoCase struct {
	method string
	change func(c *recipe.Pretrain)
	// Tolerances in float32, over the largest value of a tensor, of forward values, of the first
	// step's gradients, and of everything in and after the second step. In float64 it is exactF64
	// throughout.
	forward, gradient, after float64
}

// exactF64 is the rounding of the files, which hold float32.
const exactF64 = 2e-6

var mocoCases = []mocoCase{
	{
		"moco-v1", func(c *recipe.Pretrain) { c.Model.Size, c.Contrast.Groups = model.ResNet18, 2 }, 1e-4,
		1e-4, 1e-3,
	},
	// Through fifty layers whose BatchNorms divide by deviations of few numbers PyTorch's own
	// float32 gradients are off by 1e-2 too, and the second step takes them further.
	{"moco-v2", func(c *recipe.Pretrain) { c.Model.Size = model.ResNet50 }, 5e-4, 3e-2, 0.5},
	{"moco-v3", func(c *recipe.Pretrain) {
		c.Model.Dim, c.Model.Depth, c.Model.Heads, c.Model.MLPRatio, c.Contrast.Hidden = 16, 2, 2, 2, 12
		c.Contrast.FreezePatches, c.Optim.DecayAll = false, false // as the reference has it
	}, 1e-4, 1e-4, 1e-3},
}

// TestMoCoReference holds two whole steps of each version against PyTorch (testdata/README.md):
// losses, queries, keys, every gradient, then parameters, momentum network, both networks' running
// statistics, and the queue.
func TestMoCoReference(t *testing.T) {
	for _, c := range mocoCases {
		for _, real := range []kernel.DType{kernel.F64, kernel.F32} {
			t.Run(fmt.Sprintf("%s/%s", c.method, real), func(t *testing.T) {
				at := c
				if real == kernel.F64 {
					at.forward, at.gradient, at.after = exactF64, exactF64, exactF64
				}
				openMoCo(t, at, real, portable.New(2)).run(at)
			})
		}
	}
}

// TestMoCoReferenceOnADevice holds the steps on an engine with memory of its own, which has only
// what it must and computes when it is asked, in float64: what is composed in float32 is rounded
// too often for fifty layers.
func TestMoCoReferenceOnADevice(t *testing.T) {
	for _, c := range mocoCases {
		t.Run(c.method, func(t *testing.T) {
			core, err := kerneltest.NewRemote(portable.New(2))
			if err != nil {
				t.Fatal(err)
			}
			c.forward, c.gradient, c.after = exactF64, exactF64, exactF64
			openMoCo(t, c, kernel.F64, compose.Complete(core)).run(c)
		})
	}
}

// nothing bounds gradients that are zero but for rounding, as that of the encoder's last bias,
// which the BatchNorm behind it takes out again.
const nothing = 1e-12

// mocoReference is a step with the values that it should have.
type mocoReference struct {
	*testing.T
	file   *safetensors.File
	config recipe.Pretrain
	params *nn.Params
	step   *method.Step
	side   int
	steps  int
	ema    float64
}

func openMoCo(
	t *testing.T, m mocoCase, real kernel.DType, e kernel.Engine,
) *mocoReference {
	f, err := safetensors.Open(fmt.Sprintf("testdata/%s.safetensors", m.method))
	if err != nil {
		t.Fatal(err)
	}
	r := &mocoReference{T: t, file: f, params: nn.NewParams(e, real, 1), config: load(t, "method="+m.method)}
	t.Cleanup(func() { f.Close(); e.Close() })
	c := &r.config
	m.change(c)
	if c.Model.IsResNet() {
		c.Model.Width = 2
	}
	for key, to := range map[string]any{
		"side": &r.side, "steps": &r.steps, "ema": &r.ema, "batch": &c.Train.BatchSize, "queue": &c.Contrast.QueueSize,
		"out": &c.Contrast.Out, "tau": &c.Contrast.Tau, "groups": &c.Contrast.Groups,
	} {
		if err := json.Unmarshal([]byte(f.Metadata()[key]), to); err != nil {
			t.Fatalf("%s: %v", key, err)
		}
	}
	if err := method.All().Check(*c); err != nil {
		t.Fatal(err)
	}
	r.step = compile(t, r.params, c.At(r.side), c.Train.BatchSize, real)
	t.Cleanup(func() { r.step.Close() })
	for _, p := range r.params.All() {
		if p.Role == nn.Trained || p.Role == nn.Running {
			kernel.Write(e, p.Value, nntest.StartValues(p))
		}
	}
	nn.UpdateEMA(r.params, 0)
	if q, ok := r.step.States()["queue"]; ok {
		kernel.Write(e, q, unitRows(nntest.Noise("queue", q.Len()), q.Shape[1]))
	}
	return r
}

func (r *mocoReference) run(m mocoCase) {
	e := r.params.Engine()
	lr := 0.005
	if r.config.Optim.Kind == optim.KindSGD {
		r.config.Optim.WeightDecay = 0.01 // a hundred times the usual, to be seen in two steps
	}
	// AdamW: the large epsilon keeps gradients that are zero but for rounding from becoming whole
	// steps
	if r.config.Method == "moco-v3" {
		lr, r.config.Optim.Eps = 1e-2, 1e-3
	}
	optimizer := optim.New(r.config.Optim, e, r.step.Params())
	optimizer.TrackEMA(nn.EMAs(r.params))
	for i := range r.steps {
		r.step.Set(&loader.Batch{Query: r.images("query", i), Key: r.images("key", i)}, 0)
		if err := r.step.Run(); err != nil {
			r.Fatal(err)
		}
		tolerance := m.forward
		if i > 0 {
			tolerance = m.after
		}
		loss, _ := r.step.Losses()
		r.compare(fmt.Sprint("loss", i), []float64{loss}, tolerance)
		for name, values := range r.step.Stages() {
			r.compare(fmt.Sprint(name, i), values, tolerance)
		}
		if i == 0 {
			for _, p := range r.step.Params() {
				r.compare("grad."+p.Name, r.step.ReadGrad(p), m.gradient)
			}
		}
		optimizer.StepWithEMA(r.step.Grads(), lr, 1, r.ema)
		r.step.After(i, nil)
	}
	for _, p := range r.params.All() {
		if p.Role != nn.Fixed {
			r.compare(p.Name, kernel.Read[float64](e, p.Value), m.after)
		}
	}
	for name, state := range r.step.States() {
		r.compare(name, kernel.Read[float64](e, state), m.after)
	}
}

// compare demands that got differs from the reference by no more than tolerance times the
// reference's largest value.
func (r *mocoReference) compare(name string, got []float64, tolerance float64) {
	r.Helper()
	want, err := r.file.Float32s(name)
	if err != nil {
		r.Fatal(err)
	}
	var off, size float64
	for i, v := range got {
		off, size = max(off, math.Abs(v-float64(want[i]))), max(size, math.Abs(float64(want[i])))
	}
	if size < nothing && off < 1e-6 {
		return
	}
	if !(off <= tolerance*size) {
		r.Errorf("%s: off by %.2g of %.2g, allowed %.2g of it", name, off, size, tolerance)
	}
}

func (r *mocoReference) images(view string, step int) []float32 {
	values := nntest.Noise(fmt.Sprint(view, step), r.config.Train.BatchSize*3*r.side*r.side)
	out := make([]float32, len(values))
	for i, v := range values {
		out[i] = float32(2 * v)
	}
	return out
}

func unitRows(values []float64, width int) []float64 {
	for row := 0; row < len(values); row += width {
		sum := 0.0
		for _, v := range values[row : row+width] {
			sum += v * v
		}
		for i := range width {
			values[row+i] /= math.Sqrt(sum)
		}
	}
	return values
}
