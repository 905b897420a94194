package exchange

import (
	"fmt"
	"math"

	"cmae/internal/graph/nn"
	"cmae/internal/model"
	"cmae/internal/weights/onnx"
)

// vit writes the nodes of a transformer of width dim.
type vit struct {
	network
	dim, heads int
}

// build maps images to features; tuned says that the encoder was finetuned.
func (v vit) build(x string, m model.EncoderConfig, cls, tuned bool) {
	x = v.embedded(x, m.PatchSize)
	for i := range m.Depth {
		x = v.block(x, fmt.Sprintf("blocks.%d.", i))
	}
	v.features(x, cls, tuned)
}

func (v vit) linear(x, name string) string {
	return v.Node("Add", nil, v.matmul(x, name+".weight"), v.weight(name+".bias"))
}

func (v vit) norm(x, name string) string {
	return v.Node("LayerNormalization", []onnx.Attribute{
		{Name: "axis", Value: -1}, {Name: "epsilon", Value: nn.LayerNormEps},
	}, x, v.weight(name+".weight"), v.weight(name+".bias"))
}

// scalar adds a number.
func (v vit) scalar(name string, x float64) string {
	return v.Floats(name, nil, []float32{float32(x)})
}

// embedded are the tokens [B,1+N,D]: patches behind a row of zeros, to which the table adds
// positions and, in that row, the class token.
func (v vit) embedded(x string, patch int) string {
	x = v.Node("Conv", []onnx.Attribute{
		{Name: "kernel_shape", Value: []int{patch, patch}},
		{Name: "strides", Value: []int{patch, patch}},
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

// block maps x [B,T,D] to the same shape; its GELU is written out by the error function.
func (v vit) block(x, name string) string {
	x = v.Node("Add", nil, x, v.attention(v.norm(x, name+"norm1"), name+"attn."))
	h := v.linear(v.norm(x, name+"norm2"), name+"mlp.fc1")
	erf := v.Node("Erf", nil, v.Node("Mul", nil, h, v.scalar(name+"gelu.scale", 1/math.Sqrt2)))
	half := v.Node("Mul", nil, h, v.scalar(name+"gelu.half", .5))
	h = v.Node("Mul", nil, half, v.Node("Add", nil, erf, v.scalar(name+"gelu.one", 1)))
	return v.Node("Add", nil, x, v.linear(h, name+"mlp.fc2"))
}

// attention of x [B,T,D].
func (v vit) attention(x, name string) string {
	perm := func(order ...int) []onnx.Attribute {
		return []onnx.Attribute{{Name: "perm", Value: order}}
	}
	size := v.dim / v.heads
	qkv := v.Node("Reshape", nil, v.linear(x, name+"qkv"), v.Ints(0, 0, 3, v.heads, size))
	qkv = v.Node("Transpose", perm(2, 0, 3, 1, 4), qkv) // [3,B,H,T,D/H]
	part := func(i int) string {
		return v.Node("Gather", []onnx.Attribute{{Name: "axis", Value: 0}}, qkv, v.Index(i))
	}
	q, k, value := part(0), part(1), part(2)
	scores := v.Node("MatMul", nil, q, v.Node("Transpose", perm(0, 1, 3, 2), k)) // [B,H,T,T]
	scores = v.Node("Mul", nil, scores, v.scalar(name+"scale", 1/math.Sqrt(float64(size))))
	softmax := v.Node("Softmax", []onnx.Attribute{{Name: "axis", Value: -1}}, scores)
	mixed := v.Node("MatMul", nil, softmax, value)       // [B,H,T,D/H]
	mixed = v.Node("Transpose", perm(0, 2, 1, 3), mixed) // [B,T,H,D/H]
	mixed = v.Node("Reshape", nil, mixed, v.Ints(0, 0, v.dim))
	return v.linear(mixed, name+"proj")
}

// features names what the encoder is read by: a finetuned one by the LayerNorm of the mean of its
// patch tokens, another by its class token or that mean after the final LayerNorm.
func (v vit) features(x string, cls, tuned bool) {
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
