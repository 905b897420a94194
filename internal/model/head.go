package model

import (
	"fmt"
	"math"

	G "gorgonia.org/gorgonia"

	"cmae/internal/graph/nn"
	"cmae/internal/graph/op"
)

// Head is the head of MoCo-v1, one linear layer, or of v2, two with a ReLU between (spec 6). Unlike
// Projector it has biases and no BatchNorm.
type Head struct{ linears []*nn.Linear }

// NewHead makes a head below s with a layer from each of widths to the next. The names of its
// layers count the ReLU too: 0, 2. Weights and biases start from U(-1/sqrt(in), 1/sqrt(in)), as in
// the published code.
func NewHead(s *nn.Scope, widths ...int) *Head {
	h := &Head{}
	s = s.Exact()
	for i, in := range widths[:len(widths)-1] {
		h.linears = append(
			h.linears,
			nn.NewLinearFrom(
				s.Sub(fmt.Sprint(2*i)), in, widths[i+1], nn.Uniform(1/math.Sqrt(float64(in))),
			),
		)
	}
	return h
}

// Forward maps features [B,F] to [B,out].
func (h *Head) Forward(x *G.Node) *G.Node {
	for i, l := range h.linears {
		if i > 0 {
			x = op.ReLU(x)
		}
		x = l.Forward(x)
	}
	return x
}
