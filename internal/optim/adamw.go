package optim

import (
	"cmae/internal/graph/nn"
	"cmae/internal/kernel"
)

// AdamW is Loshchilov and Hutter's optimizer: two moments of every parameter, and decay apart from
// them.
type AdamW struct {
	updates
	first, second []kernel.Tensor
}

var _ Optimizer = (*AdamW)(nil)

// NewAdamW starts with zero moments.
func NewAdamW(c Config, e kernel.Engine, params []*nn.Param) *AdamW {
	a := &AdamW{updates: newUpdates(c, e, params)}
	a.first, a.second = a.zeros(), a.zeros()
	a.update = func(i int, grad kernel.Tensor, n numbers) {
		e.AdamW(params[i].Value, grad, a.first[i], a.second[i], kernel.AdamW{
			Beta1: c.Beta1, Beta2: c.Beta2, Eps: c.Eps, WeightDecay: n.decay,
			Scheduled: n.now, FusedOutputs: n.next,
		})
	}
	return a
}

// State lists first.NAME and second.NAME of every parameter.
func (a *AdamW) State() []Array {
	return a.named([]string{"first.", "second."}, a.first, a.second)
}
