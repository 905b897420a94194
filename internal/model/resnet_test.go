package model

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"testing"

	G "gorgonia.org/gorgonia"

	"cmae/internal/graph"
	"cmae/internal/graph/nn"
	"cmae/internal/graph/nn/nntest"
	"cmae/internal/graph/op"
	"cmae/internal/kernel"
	"cmae/internal/kernel/portable"
	"cmae/internal/weights/safetensors"
)

// TestResNetReference holds outputs, every gradient and the running statistics against vectors made
// with PyTorch (testdata/resnet.py).
func TestResNetReference(t *testing.T) {
	for _, file := range []string{"resnet18-small", "resnet50-imagenet"} {
		for _, v := range []struct {
			paramType         kernel.DType
			outputs, gradient float64 // tolerances
		}{
			{kernel.F64, 2e-7, 2e-7}, // the files hold float32
			// Through fifty layers whose BatchNorms divide by deviations of 16 numbers, PyTorch's
			// own float32 gradients are off by 1.4e-2.
			{kernel.F32, 2e-4, 3e-2},
		} {
			t.Run(fmt.Sprintf("%s/%s", file, v.paramType), func(t *testing.T) {
				r := openResNet(t, file, v.paramType, v.paramType)
				r.evaluate("before.logits", v.outputs)
				r.train(v.outputs, v.gradient)
				r.evaluate("after.logits", v.outputs)
			})
		}
	}
}

// TestResNetBF16 multiplies in bfloat16, which rounds to 4e-3. In training, BatchNorms over 8
// numbers raise that by much.
func TestResNetBF16(t *testing.T) {
	r := openResNet(t, "resnet50-imagenet", kernel.F32, kernel.BF16)
	r.evaluate("before.logits", 2e-2)
	r = openResNet(t, "resnet18-small", kernel.F32, kernel.BF16)
	r.evaluate("before.logits", 2e-2)
	r.train(0.1, 1)
	r.evaluate("after.logits", 2e-2)
}

// resNetReference is a reference file with the network that it describes.
type resNetReference struct {
	*testing.T
	file                *safetensors.File
	config              ResNetConfig
	side, batch, groups int
	paramType, compute  kernel.DType
	params              *nn.Params
}

func openResNet(t *testing.T, name string, paramType, compute kernel.DType) *resNetReference {
	f, err := safetensors.Open("testdata/" + name + ".safetensors")
	if err != nil {
		t.Fatal(err)
	}
	e := portable.New(2)
	t.Cleanup(func() { f.Close(); e.Close() })
	r := &resNetReference{
		T: t, file: f, paramType: paramType, compute: compute,
		params: nn.NewParams(e, paramType, 1),
	}
	meta := f.Metadata()
	if err := json.Unmarshal([]byte(meta["config"]), &r.config); err != nil {
		t.Fatal(err)
	}
	r.config.Channels = 3
	for key, to := range map[string]*int{"side": &r.side, "batch": &r.batch, "groups": &r.groups} {
		if *to, err = strconv.Atoi(meta[key]); err != nil {
			t.Fatal(err)
		}
	}
	NewResNet(nn.NewScope(G.NewGraph(), r.params, paramType), r.config, nn.BatchMode{})
	for _, p := range r.params.All() {
		kernel.Write(e, p.Value, nntest.StartValues(p))
	}
	return r
}

// pass is a graph of the network on the reference's images.
type pass struct {
	ResNetOutput
	scope *nn.Scope
	*graph.Machine
}

// build compiles the network and what more adds to its graph, and runs it once.
func (r *resNetReference) build(mode nn.BatchMode, more func(*pass) G.Nodes) *pass {
	e, g := r.params.Engine(), G.NewGraph()
	p := &pass{scope: nn.NewScope(g, r.params, r.compute)}
	p.ResNetOutput = NewResNet(p.scope, r.config, mode).Forward(
		r.input(g, "images", 2, r.batch, 3, r.side, r.side),
	)
	nodes := append(more(p), p.Features, p.Logits)
	var err error
	if p.Machine, err = graph.Compile(e, g, nodes); err != nil {
		r.Fatal(err)
	}
	r.Cleanup(func() { p.Close() })
	if err := p.RunAll(); err != nil {
		r.Fatal(err)
	}
	return p
}

func (r *resNetReference) evaluate(name string, tolerance float64) {
	p := r.build(nn.BatchMode{}, func(*pass) G.Nodes { return nil })
	r.compare(name, p.Value(p.Logits), tolerance)
}

func (r *resNetReference) train(outputs, gradient float64) {
	var grads G.Nodes
	var params []*nn.Param
	p := r.build(nn.BatchMode{Train: true, Groups: r.groups}, func(p *pass) G.Nodes {
		target := r.input(p.scope.Graph(), "target", 1, r.batch, r.config.Classes)
		loss := op.SquaredError(p.Logits, target, 0.5)
		var nodes G.Nodes
		nodes, params = p.scope.Trained()
		var err error
		if grads, err = G.Grad(loss, nodes...); err != nil {
			r.Fatal(err)
		}
		return append(G.Nodes{loss}, grads...)
	})
	r.compare("out.features", p.Value(p.Features), outputs)
	r.compare("out.logits", p.Value(p.Logits), outputs)
	for i, param := range params {
		r.compare("grad."+param.Name, p.Value(grads[i]), gradient)
	}
	for _, param := range r.params.All() {
		if param.Role == nn.Running {
			r.compare("after."+param.Name, param.Value, outputs)
		}
	}
}

// compare demands that |got-want| <= tolerance |want| over the whole tensor.
func (r *resNetReference) compare(name string, got kernel.Tensor, tolerance float64) {
	r.Helper()
	want, err := r.file.Float32s(name)
	if err != nil {
		r.Fatal(err)
	}
	var off, size float64
	for i, v := range kernel.Read[float64](r.params.Engine(), got) {
		d := v - float64(want[i])
		off, size = off+d*d, size+float64(want[i])*float64(want[i])
	}
	if e := math.Sqrt(off / size); !(e <= tolerance) {
		r.Errorf("%s: off by %.2g, allowed %.2g", name, e, tolerance)
	}
}

func (r *resNetReference) input(g *G.ExprGraph, name string, scale float64, shape ...int) *G.Node {
	t := r.params.Engine().New(r.paramType, shape...)
	values := nntest.Noise(name, t.Len())
	for i := range values {
		values[i] *= scale
	}
	kernel.Write(r.params.Engine(), t, values)
	return op.Input(g, name, t)
}
