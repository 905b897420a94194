package optim

import (
	"cmae/internal/graph/nn"
	"cmae/internal/kernel"
)

// SGD is gradient descent with momentum and coupled decay, with PyTorch's semantics: v = momentum v
// + (g + decay p), p = p - rate v. It has neither dampening nor Nesterov's variant.
type SGD struct {
	updates
	velocity []kernel.Tensor
}

var _ Optimizer = (*SGD)(nil)

// NewSGD starts at rest.
func NewSGD(c Config, e kernel.Engine, params []*nn.Param) *SGD {
	s := &SGD{updates: newUpdates(c, e, params)}
	s.velocity = s.zeros()
	s.update = func(i int, grad kernel.Tensor, n numbers) {
		e.SGD(params[i].Value, grad, s.velocity[i], kernel.SGD{
			Momentum: c.Momentum, WeightDecay: n.decay, Scheduled: n.now, FusedOutputs: n.next,
		})
	}
	return s
}

// State lists velocity.NAME of every parameter.
func (s *SGD) State() []Array {
	return s.named([]string{"velocity."}, s.velocity)
}
