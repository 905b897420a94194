package optim

import (
	"math"

	"cmae/internal/kernel"
	"cmae/internal/nn"
)

// AdamW keeps the two moments of every trained parameter, in the engine's memory.
type AdamW struct {
	config Config
	engine kernel.Engine
	params []*nn.Param
	first  []kernel.Tensor
	second []kernel.Tensor
	leads  map[*nn.Param]*nn.Param // momentum copies by parameter
	groups []Group
	steps  int
}

// Group is how a parameter departs from the rate of a step and from weight decay.
type Group struct {
	Scale float64 // of the rate
	Decay bool
}

// NewAdamW starts with zero moments.
func NewAdamW(c Config, e kernel.Engine, params []*nn.Param) *AdamW {
	a := &AdamW{config: c, engine: e, params: params}
	for _, p := range params {
		a.first = append(a.first, e.New(p.Value.Type, p.Value.Shape...))
		a.second = append(a.second, e.New(p.Value.Type, p.Value.Shape...))
		a.groups = append(a.groups, Group{Scale: 1, Decay: p.Decays()})
	}
	return a
}

// Regroup gives every parameter the group that of says, in place of the full rate and spec 1.11's decay.
func (a *AdamW) Regroup(of func(p *nn.Param) Group) {
	for i, p := range a.params {
		a.groups[i] = of(p)
	}
}

// Lead hands over the momentum copies of parameters (model.Followers), for StepAhead.
func (a *AdamW) Lead(followers map[*nn.Param]*nn.Param) { a.leads = followers }

// Norm is the Euclidean norm of all gradients together; NaN or Inf where one of them is.
func (a *AdamW) Norm(grads []kernel.Tensor) float64 {
	sum := 0.0
	for _, g := range grads {
		sum += a.engine.SumSquares(g)
	}
	return math.Sqrt(sum)
}

// Step updates every parameter, and its copy, from its gradient, each gradient multiplied by scale first.
func (a *AdamW) Step(grads []kernel.Tensor, rate, scale float64) { a.step(grads, rate, scale, nil, 0) }

// StepAhead is Step and, while the new parameters are in the cache, the momentum update with which the next step begins (spec 1.2):
// every copy that follows is then what model.UpdateMomentum with m would make it.
func (a *AdamW) StepAhead(grads []kernel.Tensor, rate, scale, m float64) {
	a.step(grads, rate, scale, a.leads, m)
}

func (a *AdamW) step(grads []kernel.Tensor, rate, scale float64, leads map[*nn.Param]*nn.Param, m float64) {
	a.steps++
	for i, p := range a.params {
		h := kernel.AdamW{
			LR: rate * a.groups[i].Scale, Beta1: a.config.Beta1, Beta2: a.config.Beta2, Eps: a.config.Eps,
			Step: a.steps, GradScale: scale, Copy: p.Copy,
		}
		if a.groups[i].Decay {
			h.WeightDecay = a.config.WeightDecay
		}
		if f := leads[p]; f != nil {
			h.Follower, h.Momentum, h.FollowerCopy = f.Value, m, f.Copy
		}
		a.engine.AdamW(p.Value, grads[i], a.first[i], a.second[i], h)
	}
}

// Clip is the factor that brings a gradient of the given norm within ClipNorm, 1 where it is within or clipping is off.
func (c Config) Clip(norm float64) float64 {
	if c.ClipNorm == 0 || norm <= c.ClipNorm {
		return 1
	}
	return c.ClipNorm / (norm + 1e-6)
}

// Moment is one array of the optimizer's state, named for checkpoints: first.NAME or second.NAME.
type Moment struct {
	Name  string
	Value kernel.Tensor
}

// State lists the moments in a fixed order; Steps is the number of updates so far.
func (a *AdamW) State() (moments []Moment, steps int) {
	for i, p := range a.params {
		moments = append(moments, Moment{"first." + p.Name, a.first[i]}, Moment{"second." + p.Name, a.second[i]})
	}
	return moments, a.steps
}

// Restore sets the number of updates; the moments are written through State.
func (a *AdamW) Restore(steps int) { a.steps = steps }
