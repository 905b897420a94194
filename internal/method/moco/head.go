package moco

import (
	"fmt"
	"math"

	"cmae/internal/graph/nn"
	"cmae/internal/graph/op"
)

// head is the head of MoCo-v1, one linear layer, or of v2, two with a ReLU between (spec 6). Unlike
// model.Projector it has biases and no BatchNorm.
type head struct{ linears []*nn.Linear }

// newHead makes a head at s with a layer from each of widths to the next. The names of its layers
// count the ReLU too: 0, 2. Weights and biases start from U(-1/sqrt(in), 1/sqrt(in)), as in the
// published code.
func newHead(s *nn.Scope, widths ...int) *head {
	h := &head{}
	s = s.FullPrecision()
	for i, in := range widths[:len(widths)-1] {
		start := nn.Uniform(1 / math.Sqrt(float64(in)))
		h.linears = append(
			h.linears, nn.NewLinearFrom(s.Sub(fmt.Sprint(2*i)), in, widths[i+1], start),
		)
	}
	return h
}

// Forward maps features [B,F] to [B,C].
func (h *head) Forward(x *op.Node) *op.Node {
	for i, l := range h.linears {
		if i > 0 {
			x = op.ReLU(x)
		}
		x = l.Forward(x)
	}
	return x
}
