package exchange

import (
	"fmt"

	"cmae/internal/evaluate"
	"cmae/internal/evaluate/encoder"
	"cmae/internal/fault"
	"cmae/internal/recipe"
	"cmae/internal/weights/onnx"
	"cmae/internal/weights/safetensors"
)

// ONNXOptions say what of an encoder goes into an ONNX file.
type ONNXOptions struct {
	Out       string
	Momentum  bool
	Batch     int                  // images at a time; 0 = any number
	Normalize bool                 // the file takes pixels from 0 to 1 and normalises them itself
	Probe     *evaluate.LinearHead // a linear probe to go with it, or nil
	Producer  string
}

// ExportedONNX tells what was written.
type ExportedONNX struct {
	Out        string   `json:"out"`
	From       string   `json:"from"`
	Input      string   `json:"input"`
	Outputs    []string `json:"outputs"`
	Side       int      `json:"image_size"`
	Classes    int      `json:"classes"` // of logits, 0 without
	Normalized bool     `json:"normalizes"`
}

// network writes the nodes of an encoder.
type network struct {
	*onnx.Graph
	weights map[string][]float32
	shapes  map[string][]int
}

// ExportONNX writes an encoder, with its classifier where it was finetuned, or with a probe. The
// outputs are features and, with a classifier, logits.
func ExportONNX(e *encoder.Encoder, o ONNXOptions) (ExportedONNX, error) {
	tensors, classes, side, err := o.tensors(e)
	if err != nil {
		return ExportedONNX{}, err
	}
	c := e.Config
	m := c.Encoder()
	v := newNetwork(tensors)
	v.Name, v.Producer = "encoder", o.Producer
	named := classes
	if o.Probe != nil {
		named = o.Probe.Classes
	}
	v.Metadata = settings(c, side).Metadata(named)
	batch := onnx.Dim{Size: o.Batch}
	if o.Batch == 0 {
		batch.Name = "batch"
	}
	v.Input("images", batch, onnx.Dim{Size: m.In()}, onnx.Dim{Size: side}, onnx.Dim{Size: side})
	x := "images"
	if o.Normalize {
		x = v.normalized(x, c.Augment.Mean, c.Augment.Std)
	}
	head := "head"
	if m.IsResNet() {
		head = "fc"
		resNet{v}.build(x, m.Stem)
	} else {
		vit{v, m.Dim, m.Heads}.build(x, m, c.Probe.Feature == recipe.Cls, classes != nil)
	}
	r := ExportedONNX{
		Out: o.Out, From: e.File.Path, Input: "images", Outputs: []string{"features"}, Side: side,
		Classes: len(classes), Normalized: o.Normalize,
	}
	v.Output("features", batch, onnx.Dim{Size: m.Features()})
	if o.Probe != nil {
		if err := fits(o.Probe, m.Features(), classes); err != nil {
			return r, err
		}
		r.Classes = len(o.Probe.Classes)
		v.probe(o.Probe)
	} else if classes != nil {
		v.Named("logits", "Add", nil, v.matmul("features", head+".weight"), v.weight(head+".bias"))
	}
	if r.Classes > 0 {
		r.Outputs = append(r.Outputs, "logits")
		v.Output("logits", batch, onnx.Dim{Size: r.Classes})
	}
	return r, v.WriteFile(o.Out)
}

// tensors are the encoder's, beside the classes of its head and the side of its images.
func (o ONNXOptions) tensors(
	e *encoder.Encoder,
) (list []safetensors.Tensor, classes []string, side int, err error) {
	if side, err = e.SettleSide(); err != nil {
		return nil, nil, 0, err
	}
	file := e.File
	if o.Momentum {
		if file, err = momentum(file); err != nil {
			return nil, nil, 0, err
		}
	}
	params, classes, err := ExportOptions{}.shapes(file, e.Config, side)
	if err == nil {
		list, err = collect(file, params)
	}
	return list, classes, side, err
}

// fits refuses a probe that is not for the features, or beside a classifier.
func fits(p *evaluate.LinearHead, dim int, classes []string) error {
	if classes != nil {
		return fmt.Errorf(
			"exchange: %w: the encoder was finetuned and has a classifier: leave the probe out",
			fault.Usage,
		)
	}
	if p.Dim() != dim {
		return fmt.Errorf("exchange: %w: the probe takes %d values and the encoder gives %d",
			fault.Mismatch, p.Dim(), dim)
	}
	return nil
}

func newNetwork(tensors []safetensors.Tensor) network {
	n := network{&onnx.Graph{}, map[string][]float32{}, map[string][]int{}}
	for _, t := range tensors {
		n.weights[t.Name], _ = t.Float32s() // collect made them of float32
		n.shapes[t.Name] = t.Shape
	}
	return n
}

// weight adds a tensor as it is.
func (n network) weight(name string) string {
	return n.Floats(name, n.shapes[name], n.weights[name])
}

// matmul is x times the transpose of a Linear's weight [out,in].
func (n network) matmul(x, weight string) string {
	values, out, in := n.weights[weight], n.shapes[weight][0], n.shapes[weight][1]
	turned := make([]float32, len(values))
	for i := range out {
		for j := range in {
			turned[j*out+i] = values[i*in+j]
		}
	}
	return n.Node("MatMul", nil, x, n.Floats(weight, []int{in, out}, turned))
}

func (n network) normalized(x string, mean, std []float64) string {
	channels := func(name string, values []float64) string {
		narrow := make([]float32, len(values))
		for i, value := range values {
			narrow[i] = float32(value)
		}
		return n.Floats(name, []int{1, len(values), 1, 1}, narrow)
	}
	return n.Node("Div", nil, n.Node("Sub", nil, x, channels("mean", mean)), channels("std", std))
}

// probe is the logits of a linear probe: its BatchNorm is part of the weights.
func (n network) probe(p *evaluate.LinearHead) {
	weight, bias := p.Folded()
	classes := len(bias)
	n.weights["probe.weight"], n.shapes["probe.weight"] = weight, []int{classes, p.Dim()}
	n.Named("logits", "Add", nil, n.matmul("features", "probe.weight"),
		n.Floats("probe.bias", []int{classes}, bias))
}
