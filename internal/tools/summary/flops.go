package summary

import (
	"strings"

	"cmae/internal/graph"
	"cmae/internal/graph/op"
)

// flops is what a task computes, by its kind and shapes; 0 for kinds whose work grows with the
// number of values only.
func flops(t graph.Task) int64 {
	if t.Op == nil {
		return 0
	}
	switch t.Op.Kind() {
	case "linear", "conv":
		return product(t.Node, t.Operands[1])
	case "linear.dx", "conv.dx":
		return product(t.Operands[0], t.Operands[1])
	case "linear.dw", "conv.dw":
		return product(t.Operands[0], t.Node)
	case "attention":
		return 2 * attentionProduct(t.Operands[0]) // q k^T, softmax v
	case "attention.dx":
		return 4 * attentionProduct(t.Operands[0]) // dv, dsoftmax, dq, dk
	}
	return 0
}

// product is the work for y[...,N] (or its gradient) of a weight w[N,...]: each value of y sums
// over one row of w.
func product(y, w *op.Node) int64 {
	return 2 * int64(y.Shape().TotalSize()) * int64(w.Shape().TotalSize()/w.Shape()[0])
}

// attentionProduct is the work of one of the products of qkv[B,T,3D]: T by T by D.
func attentionProduct(qkv *op.Node) int64 {
	b, t, d := int64(qkv.Shape()[0]), int64(qkv.Shape()[1]), int64(qkv.Shape()[2]/3)
	return 2 * b * t * t * d
}

func flopsOf(s *graph.Sketch) int64 {
	var sum int64
	for _, t := range s.Tasks {
		sum += flops(t)
	}
	return sum
}

func isBackward(t graph.Task) bool {
	return strings.HasSuffix(t.Op.Kind(), ".dx") || strings.HasSuffix(t.Op.Kind(), ".dw")
}

// pass is one use of a layer: its name and what it reads.
type pass struct {
	layer string
	input *op.Node
}

// passOf is the use of a layer that a forward task is.
func passOf(t graph.Task) pass { return pass{t.Op.Label(), t.Operands[0]} }

// withGradient are the uses of layers that a backward task belongs to: it reads the same input
// again.
func withGradient(s *graph.Sketch) map[pass]bool {
	passes := map[pass]bool{}
	for _, t := range s.Tasks {
		if t.Op == nil || !isBackward(t) {
			continue
		}
		for _, input := range t.Operands {
			if o, ok := input.Op().(*op.Op); ok && o.Again() != nil {
				input = o.Again()
			}
			passes[pass{t.Op.Label(), input}] = true
		}
	}
	return passes
}
