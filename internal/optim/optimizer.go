package optim

import (
	"cmae/internal/graph/nn"
	"cmae/internal/kernel"
)

// Optimizer updates parameters from their gradients. It keeps its arrays in the engine's memory.
type Optimizer struct {
	config Config
	engine kernel.Engine
	params []*nn.Param
	groups []Group
	norm   kernel.Tensor           // of the gradients, as Norm returns it
	emas   map[*nn.Param]*nn.Param // by the parameter that each follows
	steps  int

	// what Config.Kind decides: the update of params[i], and the arrays that it needs
	update func(i int, grad kernel.Tensor, n numbers)
	arrays []arrays
}

// Group says how a parameter is updated: at which rate, and whether it decays.
type Group struct {
	Scale float64 // factor of the step's rate
	Decay bool
}

// Array is one array of an optimizer's state, named for checkpoints: first.NAME and second.NAME of
// AdamW, velocity.NAME of SGD.
type Array struct {
	Name  string
	Value kernel.Tensor
}

// arrays are an array for every parameter, each called prefix and the parameter's name.
type arrays struct {
	prefix string
	of     []kernel.Tensor
}

// numbers are what the update of one parameter goes by in a step.
type numbers struct {
	decay float64
	now   kernel.Scheduled
	next  kernel.FusedOutputs
}

// New makes the optimizer that c names, its arrays zero.
func New(c Config, e kernel.Engine, params []*nn.Param) *Optimizer {
	o := &Optimizer{
		config: c, engine: e, params: params, groups: make([]Group, len(params)),
		norm: e.New(kernel.F64),
	}
	o.Regroup(func(p *nn.Param) Group { return Group{Scale: 1, Decay: p.Decays()} })
	if c.Kind == KindSGD {
		o.update = o.sgd()
	} else {
		o.update = o.adamW()
	}
	return o
}

// zeros makes an array of zeros for every parameter, of its type and shape.
func (o *Optimizer) zeros(prefix string) (list []kernel.Tensor) {
	for _, p := range o.params {
		list = append(list, o.engine.New(p.Value.Type, p.Value.Shape...))
	}
	o.arrays = append(o.arrays, arrays{prefix, list})
	return list
}

// Regroup gives every parameter p the group of(p). At first all have the full rate, and decay as
// spec 1.11 says.
func (o *Optimizer) Regroup(of func(p *nn.Param) Group) {
	for i, p := range o.params {
		o.groups[i] = of(p)
		o.groups[i].Decay = o.groups[i].Decay || o.config.DecayAll
	}
}

// TrackEMA sets the parameters that hold an EMA of others, by those, for StepWithEMA to move
// (nn.EMAs).
func (o *Optimizer) TrackEMA(of map[*nn.Param]*nn.Param) { o.emas = of }

// Norm has the engine compute the Euclidean norm of all gradients together: one F64, which is NaN
// or Inf where one of them is, and which the next call overwrites. kernel.Scalar reads it, when the
// losses are read too: until then nobody waits for the gradients.
func (o *Optimizer) Norm(grads []kernel.Tensor) kernel.Tensor {
	o.engine.Norm(o.norm, grads)
	return o.norm
}

// Step updates every parameter, and its copy, from its gradient, each gradient multiplied by scale
// first.
func (o *Optimizer) Step(grads []kernel.Tensor, rate, scale float64) {
	o.step(grads, rate, scale, nil, 0)
}

// StepWithEMA is Step and then, in the same pass over memory, the update of every EMA that is
// tracked: ema = momentum ema + (1-momentum) parameter. The next step begins with it (spec 1.2).
func (o *Optimizer) StepWithEMA(grads []kernel.Tensor, rate, scale, momentum float64) {
	o.step(grads, rate, scale, o.emas, momentum)
}

func (o *Optimizer) step(
	grads []kernel.Tensor, rate, scale float64, emas map[*nn.Param]*nn.Param, momentum float64,
) {
	o.steps++
	for i, p := range o.params {
		n := numbers{
			now: kernel.Scheduled{
				LR: rate * o.groups[i].Scale, GradScale: scale, Step: o.steps, EMADecay: momentum,
			},
			next: kernel.FusedOutputs{Copy: p.Copy},
		}
		if o.groups[i].Decay {
			n.decay = o.config.WeightDecay
		}
		if ema := emas[p]; ema != nil {
			n.next.EMA, n.next.EMACopy = ema.Value, ema.Copy
		}
		o.update(i, grads[i], n)
	}
}

// State lists the optimizer's arrays, parameter by parameter.
func (o *Optimizer) State() (list []Array) {
	for i, p := range o.params {
		for _, a := range o.arrays {
			list = append(list, Array{a.prefix + p.Name, a.of[i]})
		}
	}
	return list
}

// Restore sets the number of updates so far. The arrays are restored by writing to what State
// lists.
func (o *Optimizer) Restore(steps int) { o.steps = steps }
