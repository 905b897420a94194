// Package onnx writes graphs as ONNX files: nodes, weights, inputs and outputs, in the protocol
// buffers of onnx.proto. It knows operators by name only.
//
// Reading order: onnx.go (a graph), wire.go (its messages).
package onnx

import (
	"fmt"

	"cmae/internal/atomicfile"
	"cmae/internal/protobuf"
	"cmae/internal/weights/safetensors"
)

// The versions that files are written for: opset 17 is the first with LayerNormalization.
const (
	irVersion = 8
	opset     = 17
)

// Graph is a model in the making.
type Graph struct {
	Name, Producer  string
	Metadata        map[string]string
	nodes, tensors  [][]byte
	inputs, outputs [][]byte
	count           int
}

// Dim is a size of an input or output: a number, or a name where any number does.
type Dim struct {
	Size int
	Name string
}

// Input declares an input of float32.
func (g *Graph) Input(name string, shape ...Dim) { g.inputs = append(g.inputs, value(name, shape)) }

// Output declares an output of float32, which a node must have by that name.
func (g *Graph) Output(name string, shape ...Dim) {
	g.outputs = append(g.outputs, value(name, shape))
}

// Floats adds a weight and returns its name.
func (g *Graph) Floats(name string, shape []int, values []float32) string {
	data := safetensors.FromFloat32s(name, shape, values).Data
	g.tensors = append(g.tensors, tensor(name, typeFloat, shape, data))
	return name
}

// Ints adds a list of whole numbers, such as a shape, and returns its name.
func (g *Graph) Ints(values ...int) string {
	g.count++
	name := fmt.Sprintf("ints.%d", g.count)
	g.tensors = append(g.tensors, tensor(name, typeInt64, []int{len(values)}, int64s(values)))
	return name
}

// Index adds a whole number without dimensions and returns its name.
func (g *Graph) Index(v int) string {
	g.count++
	name := fmt.Sprintf("index.%d", g.count)
	g.tensors = append(g.tensors, tensor(name, typeInt64, nil, int64s([]int{v})))
	return name
}

// Node adds a node of one output and returns that output's name.
func (g *Graph) Node(op string, attributes []Attribute, inputs ...string) string {
	g.count++
	return g.Named(fmt.Sprintf("%s.%d", op, g.count), op, attributes, inputs...)
}

// Named is Node with a name for the output.
func (g *Graph) Named(output, op string, attributes []Attribute, inputs ...string) string {
	var n protobuf.Message
	for _, in := range inputs {
		n.Text(1, in)
	}
	n.Text(2, output)
	n.Text(3, output)
	n.Text(4, op)
	for _, a := range attributes {
		n.Bytes(5, a.encode())
	}
	g.nodes = append(g.nodes, n)
	return output
}

// WriteFile writes the model whole or not at all.
func (g *Graph) WriteFile(path string) error {
	if err := atomicfile.Write(path, g.encode(), 0o644); err != nil {
		return fmt.Errorf("onnx: write %q: %w", path, err)
	}
	return nil
}

func (g *Graph) encode() []byte {
	var graph, version, model protobuf.Message
	graph.All(1, g.nodes)
	graph.Text(2, g.Name)
	graph.All(5, g.tensors)
	graph.All(11, g.inputs)
	graph.All(12, g.outputs)
	version.Text(1, "")
	version.Number(2, opset)
	model.Number(1, irVersion)
	model.Text(2, g.Producer)
	model.Bytes(7, graph)
	model.Bytes(8, version)
	for _, key := range sorted(g.Metadata) {
		var entry protobuf.Message
		entry.Text(1, key)
		entry.Text(2, g.Metadata[key])
		model.Bytes(14, entry)
	}
	return model
}
