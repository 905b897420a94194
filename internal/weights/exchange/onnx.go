package exchange

import (
	"fmt"
	"math"

	"cmae/internal/config"
	"cmae/internal/evaluate"
	"cmae/internal/evaluate/encoder"
	"cmae/internal/fault"
	"cmae/internal/recipe"
	"cmae/internal/weights/onnx"
	"cmae/internal/weights/safetensors"
)

// ONNXOptions say what of a transformer goes into an ONNX file.
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

// vit writes the nodes of a transformer.
type vit struct {
	*onnx.Graph
	weights map[string][]float32
	shapes  map[string][]int
	dim     int
	heads   int
}

// ExportONNX writes a transformer, with its classifier where it was finetuned, or with a probe. The
// outputs are features and, with a classifier, logits.
func ExportONNX(e *encoder.Encoder, o ONNXOptions) (ExportedONNX, error) {
	c := e.Config
	m := c.Encoder()
	tensors, classes, side, err := o.tensors(e)
	if err != nil {
		return ExportedONNX{}, err
	}
	v := newViT(tensors, m.Dim, m.Heads)
	v.Name, v.Producer = "encoder", o.Producer
	v.Metadata = settings(c, side).Metadata(classes)
	batch := onnx.Dim{Size: o.Batch}
	if o.Batch == 0 {
		batch.Name = "batch"
	}
	v.Input("images", batch, onnx.Dim{Size: m.In()}, onnx.Dim{Size: side}, onnx.Dim{Size: side})
	x := "images"
	if o.Normalize {
		x = v.normalized(x, c.Augment.Mean, c.Augment.Std)
	}
	x = v.embedded(x, m.PatchSize)
	for i := range m.Depth {
		x = v.block(x, fmt.Sprintf("blocks.%d.", i))
	}
	r := ExportedONNX{
		Out: o.Out, From: e.File.Path, Input: "images", Outputs: []string{"features"}, Side: side,
		Classes: len(classes), Normalized: o.Normalize,
	}
	v.features(x, c.Probe.Feature == recipe.Cls, classes != nil)
	v.Output("features", batch, onnx.Dim{Size: m.Dim})
	if o.Probe != nil {
		if err := fits(o.Probe, m.Dim, classes); err != nil {
			return r, err
		}
		r.Classes = len(o.Probe.Classes)
		v.probe(o.Probe)
	} else if classes != nil {
		v.Named("logits", "Add", nil, v.matmul("features", "head.weight"), v.weight("head.bias"))
	}
	if r.Classes > 0 {
		r.Outputs = append(r.Outputs, "logits")
		v.Output("logits", batch, onnx.Dim{Size: r.Classes})
	}
	return r, v.WriteFile(o.Out)
}

// tensors are those of the encoder, the classes of its head, and the side of its images.
func (o ONNXOptions) tensors(
	e *encoder.Encoder,
) (list []safetensors.Tensor, classes []string, side int, err error) {
	file, c := e.File, e.Config
	if c.Model.IsResNet() {
		return nil, nil, 0, &config.Error{Key: "model.size", Problem: fmt.Sprintf(
			"%s cannot be exported as ONNX yet: export it as safetensors", c.Model.Size)}
	}
	if o.Momentum {
		if file, err = momentum(file); err != nil {
			return nil, nil, 0, err
		}
	}
	if side, err = e.KnownSide(); err == nil {
		err = config.Invalid(c.Model.ValidateSide(side))
	}
	if err != nil {
		return nil, nil, 0, err
	}
	params, classes, err := ExportOptions{}.shapes(file, c, side)
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

func newViT(tensors []safetensors.Tensor, dim, heads int) *vit {
	v := &vit{&onnx.Graph{}, map[string][]float32{}, map[string][]int{}, dim, heads}
	for _, t := range tensors {
		v.weights[t.Name], _ = t.Float32s() // collect made them of float32
		v.shapes[t.Name] = t.Shape
	}
	return v
}

// weight adds a tensor as it is.
func (v *vit) weight(name string) string { return v.Floats(name, v.shapes[name], v.weights[name]) }

// matmul is x times the transpose of a Linear's weight [out,in].
func (v *vit) matmul(x, weight string) string {
	values, out, in := v.weights[weight], v.shapes[weight][0], v.shapes[weight][1]
	turned := make([]float32, len(values))
	for i := range out {
		for j := range in {
			turned[j*out+i] = values[i*in+j]
		}
	}
	return v.Node("MatMul", nil, x, v.Floats(weight, []int{in, out}, turned))
}

func (v *vit) linear(x, name string) string {
	return v.Node("Add", nil, v.matmul(x, name+".weight"), v.weight(name+".bias"))
}

func (v *vit) norm(x, name string) string {
	return v.Node("LayerNormalization", []onnx.Attribute{{Name: "axis", Value: -1}, {Name: "epsilon", Value: 1e-6}},
		x, v.weight(name+".weight"), v.weight(name+".bias"))
}

// scalar adds a number.
func (v *vit) scalar(name string, x float64) string {
	return v.Floats(name, nil, []float32{float32(x)})
}

func (v *vit) normalized(x string, mean, std []float64) string {
	channels := func(name string, values []float64) string {
		narrow := make([]float32, len(values))
		for i, value := range values {
			narrow[i] = float32(value)
		}
		return v.Floats(name, []int{1, len(values), 1, 1}, narrow)
	}
	return v.Node("Div", nil, v.Node("Sub", nil, x, channels("mean", mean)), channels("std", std))
}

// embedded are the tokens [B,1+N,D]: patches behind a row of zeros, to which the table adds
// positions and, in that row, the class token.
func (v *vit) embedded(x string, patch int) string {
	x = v.Node("Conv", []onnx.Attribute{
		{Name: "kernel_shape", Value: []int{patch, patch}}, {Name: "strides", Value: []int{patch, patch}},
	}, x, v.weight("patch_embed.proj.weight"), v.weight("patch_embed.proj.bias"))
	x = v.Node("Reshape", nil, x, v.Ints(0, v.dim, -1))
	x = v.Node("Transpose", []onnx.Attribute{{Name: "perm", Value: []int{0, 2, 1}}}, x)
	x = v.Node("Pad", nil, x, v.Ints(0, 1, 0, 0, 0, 0))
	table := append([]float32{}, v.weights["pos_embed"]...)
	for j, c := range v.weights["cls_token"] {
		table[j] += c
	}
	return v.Node("Add", nil, x, v.Floats("pos_embed", v.shapes["pos_embed"], table))
}

func (v *vit) block(x, name string) string {
	x = v.Node("Add", nil, x, v.attention(v.norm(x, name+"norm1"), name+"attn."))
	h := v.linear(v.norm(x, name+"norm2"), name+"mlp.fc1")
	erf := v.Node("Erf", nil, v.Node("Mul", nil, h, v.scalar(name+"gelu.scale", 1/math.Sqrt2)))
	half := v.Node("Mul", nil, h, v.scalar(name+"gelu.half", .5))
	h = v.Node("Mul", nil, half, v.Node("Add", nil, erf, v.scalar(name+"gelu.one", 1)))
	return v.Node("Add", nil, x, v.linear(h, name+"mlp.fc2"))
}

// attention of x [B,T,D].
func (v *vit) attention(x, name string) string {
	perm := func(order ...int) []onnx.Attribute { return []onnx.Attribute{{Name: "perm", Value: order}} }
	size := v.dim / v.heads
	qkv := v.Node("Reshape", nil, v.linear(x, name+"qkv"), v.Ints(0, 0, 3, v.heads, size))
	qkv = v.Node("Transpose", perm(2, 0, 3, 1, 4), qkv) // [3,B,H,T,D/H]
	part := func(i int) string {
		return v.Node("Gather", []onnx.Attribute{{Name: "axis", Value: 0}}, qkv, v.Index(i))
	}
	q, k, value := part(0), part(1), part(2)
	scores := v.Node("MatMul", nil, q, v.Node("Transpose", perm(0, 1, 3, 2), k))
	scores = v.Node("Mul", nil, scores, v.scalar(name+"scale", 1/math.Sqrt(float64(size))))
	mixed := v.Node("MatMul", nil, v.Node("Softmax", []onnx.Attribute{{Name: "axis", Value: -1}}, scores), value)
	mixed = v.Node("Reshape", nil, v.Node("Transpose", perm(0, 2, 1, 3), mixed), v.Ints(0, 0, v.dim))
	return v.linear(mixed, name+"proj")
}

// features names what the encoder is read by: a finetuned one by the LayerNorm of the mean of its
// patch tokens, another by its class token or that mean after the final LayerNorm.
func (v *vit) features(x string, cls, tuned bool) {
	patches := func(x string) string {
		return v.Node("Slice", nil, x, v.Ints(1), v.Ints(math.MaxInt32), v.Ints(1))
	}
	mean := []onnx.Attribute{{Name: "axes", Value: []int{1}}, {Name: "keepdims", Value: 0}}
	if tuned {
		x = v.Node("ReduceMean", mean, patches(x))
		v.Named("features", "Identity", nil, v.norm(x, "fc_norm"))
		return
	}
	if x = v.norm(x, "norm"); cls {
		v.Named("features", "Gather", []onnx.Attribute{{Name: "axis", Value: 1}}, x, v.Index(0))
		return
	}
	v.Named("features", "ReduceMean", mean, patches(x))
}

// probe is the logits of a linear probe: its BatchNorm is part of the weights.
func (v *vit) probe(p *evaluate.LinearHead) {
	weight, bias := p.Folded()
	classes := len(bias)
	v.weights["probe.weight"], v.shapes["probe.weight"] = weight, []int{classes, p.Dim()}
	v.Named("logits", "Add", nil, v.matmul("features", "probe.weight"),
		v.Floats("probe.bias", []int{classes}, bias))
}
