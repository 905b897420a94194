package optim

import "cmae/internal/kernel"

// adamW is the update of Loshchilov and Hutter's optimizer (arXiv 1711.05101): two moments of every
// parameter, and decay apart from them.
func (o *Optimizer) adamW() func(i int, grad kernel.Tensor, n numbers) {
	c, first, second := o.config, o.zeros("first."), o.zeros("second.")
	return func(i int, grad kernel.Tensor, n numbers) {
		o.engine.AdamW(o.params[i].Value, grad, first[i], second[i], kernel.AdamW{
			Beta1: c.Beta1, Beta2: c.Beta2, Eps: c.Eps, WeightDecay: n.decay,
			Scheduled: n.now, FusedOutputs: n.next,
		})
	}
}
