package model

import (
	"fmt"

	G "gorgonia.org/gorgonia"

	"cmae/internal/graph/nn"
	"cmae/internal/graph/op"
)

// Projector is an MLP without biases, with BatchNorm and ReLU between its layers and a BatchNorm
// without affine at the end (spec 1.6). MoCo-v3's prediction head has the same form.
type Projector struct {
	linears []*nn.Linear
	norms   []*nn.BatchNorm
}

// NewProjector makes a number of linear layers below s, from in through hidden to out. Their names
// count BatchNorm and ReLU too: 0, 1, 3, 4, 6, 7.
func NewProjector(s *nn.Scope, in, hidden, out, layers int) *Projector {
	p := &Projector{}
	s = s.FullPrecision()
	for i := range layers {
		from, to := hidden, hidden
		if i == 0 {
			from = in
		}
		if i == layers-1 {
			to = out
		}
		p.linears = append(p.linears, nn.NewLinearNoBias(s.Sub(fmt.Sprint(3*i)), from, to))
		p.norms = append(p.norms, nn.NewBatchNorm(s.Sub(fmt.Sprint(3*i+1)), to, i < layers-1))
	}
	return p
}

// Forward maps pooled features [B,D] to [B,out].
func (p *Projector) Forward(x *G.Node) *G.Node {
	for i, l := range p.linears {
		x = p.norms[i].Forward(l.Forward(x))
		if i < len(p.linears)-1 {
			x = op.ReLU(x)
		}
	}
	return x
}
