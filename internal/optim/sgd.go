package optim

import "cmae/internal/kernel"

// sgd is the update of gradient descent with momentum and coupled decay, with PyTorch's semantics:
// v = momentum v + (g + decay p), p = p - rate v. It has neither dampening nor Nesterov's variant.
func (o *Optimizer) sgd() func(i int, grad kernel.Tensor, n numbers) {
	momentum, velocity := o.config.Momentum, o.zeros("velocity.")
	return func(i int, grad kernel.Tensor, n numbers) {
		o.engine.SGD(o.params[i].Value, grad, velocity[i], kernel.SGD{
			Momentum: momentum, WeightDecay: n.decay, Scheduled: n.now, FusedOutputs: n.next,
		})
	}
}
