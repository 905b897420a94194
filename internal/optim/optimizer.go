package optim

import (
	"cmae/internal/graph/nn"
	"cmae/internal/kernel"
)

// Optimizer updates parameters from their gradients. It keeps arrays of its own in the engine's
// memory.
type Optimizer interface {
	// Regroup gives every parameter p the group of(p). At first all have the full rate, and decay
	// as spec 1.11 says.
	Regroup(of func(p *nn.Param) Group)
	// TrackEMA sets the parameters that hold an EMA of others, by those, for StepWithEMA to move
	// (nn.EMAs).
	TrackEMA(of map[*nn.Param]*nn.Param)
	// Norm has the engine compute the Euclidean norm of all gradients together: one F64, which is
	// NaN or Inf where one of them is, and which the next call overwrites. kernel.Scalar reads it,
	// when the losses are read too: until then nobody waits for the gradients.
	Norm(grads []kernel.Tensor) kernel.Tensor
	// Step updates every parameter, and its copy, from its gradient, each gradient multiplied by
	// scale first.
	Step(grads []kernel.Tensor, rate, scale float64)
	// StepWithEMA is Step and then, in the same pass over memory, the update of every EMA that is
	// tracked: ema = momentum ema + (1-momentum) parameter. The next step begins with it (spec
	// 1.2).
	StepWithEMA(grads []kernel.Tensor, rate, scale, momentum float64)
	// State lists the optimizer's arrays in a fixed order.
	State() []Array
	// Restore sets the number of updates so far. The arrays are restored by writing to those that
	// State lists.
	Restore(steps int)
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

// New makes the optimizer that c names, its arrays zero.
func New(c Config, e kernel.Engine, params []*nn.Param) Optimizer {
	if c.Kind == KindSGD {
		return NewSGD(c, e, params)
	}
	return NewAdamW(c, e, params)
}

// updates is what optimizers have in common: everything but the update of one parameter.
type updates struct {
	config Config
	engine kernel.Engine
	params []*nn.Param
	groups []Group
	norm   kernel.Tensor           // of the gradients, as Norm returns it
	emas   map[*nn.Param]*nn.Param // by the parameter that each follows
	steps  int
	update func(i int, grad kernel.Tensor, n numbers)
}

// numbers are those of one parameter's update.
type numbers struct {
	decay float64
	now   kernel.Scheduled
	next  kernel.FusedOutputs
}

func newUpdates(c Config, e kernel.Engine, params []*nn.Param) updates {
	u := updates{
		config: c, engine: e, params: params, groups: make([]Group, len(params)),
		norm: e.New(kernel.F64),
	}
	u.Regroup(func(p *nn.Param) Group { return Group{Scale: 1, Decay: p.Decays()} })
	return u
}

// zeros makes an array of zeros for every parameter, of its type and shape.
func (u *updates) zeros() (list []kernel.Tensor) {
	for _, p := range u.params {
		list = append(list, u.engine.New(p.Value.Type, p.Value.Shape...))
	}
	return list
}

func (u *updates) Regroup(of func(p *nn.Param) Group) {
	for i, p := range u.params {
		u.groups[i] = of(p)
		u.groups[i].Decay = u.groups[i].Decay || u.config.DecayAll
	}
}

func (u *updates) TrackEMA(of map[*nn.Param]*nn.Param) { u.emas = of }

func (u *updates) Norm(grads []kernel.Tensor) kernel.Tensor {
	u.engine.Norm(u.norm, grads)
	return u.norm
}

func (u *updates) Step(grads []kernel.Tensor, rate, scale float64) {
	u.step(grads, rate, scale, nil, 0)
}

func (u *updates) StepWithEMA(grads []kernel.Tensor, rate, scale, momentum float64) {
	u.step(grads, rate, scale, u.emas, momentum)
}

func (u *updates) step(
	grads []kernel.Tensor, rate, scale float64, emas map[*nn.Param]*nn.Param, momentum float64,
) {
	u.steps++
	for i, p := range u.params {
		n := numbers{
			now: kernel.Scheduled{
				LR: rate * u.groups[i].Scale, GradScale: scale, Step: u.steps, Keep: momentum,
			},
			next: kernel.FusedOutputs{Copy: p.Copy},
		}
		if u.groups[i].Decay {
			n.decay = u.config.WeightDecay
		}
		if ema := emas[p]; ema != nil {
			n.next.EMA, n.next.EMACopy = ema.Value, ema.Copy
		}
		u.update(i, grads[i], n)
	}
}

func (u *updates) Restore(steps int) { u.steps = steps }

// named lists, for every parameter i, arrays[j][i] under the name prefixes[j] + its own.
func (u *updates) named(prefixes []string, arrays ...[]kernel.Tensor) (list []Array) {
	for i, p := range u.params {
		for j, prefix := range prefixes {
			list = append(list, Array{prefix + p.Name, arrays[j][i]})
		}
	}
	return list
}
