package optim

import (
	"math"

	"cmae/internal/graph/nn"
	"cmae/internal/kernel"
)

// LARSConfig holds the numbers of LARS that do not change from step to step.
type LARSConfig struct {
	Momentum    float64
	Trust       float64 // size of a matrix's step, as a share of its own norm, at rate 1
	WeightDecay float64
}

// DefaultLARS is what linear probes use (spec 5).
func DefaultLARS() LARSConfig { return LARSConfig{Momentum: 0.9, Trust: 0.001} }

// LARS is gradient descent with momentum that first brings the decayed gradient of a matrix to the
// length Trust * |matrix|. One-dimensional parameters are neither scaled nor decayed. These are the
// semantics of MAE's linear probe, without Nesterov and without dampening.
type LARS struct {
	config  LARSConfig
	engine  kernel.Engine
	params  []*nn.Param
	mean    []kernel.Tensor // momentum of every parameter
	scratch []kernel.Tensor // its gradient, decayed and scaled
}

// NewLARS starts with zero momentum.
func NewLARS(c LARSConfig, e kernel.Engine, params []*nn.Param) *LARS {
	l := &LARS{config: c, engine: e, params: params}
	for _, p := range params {
		l.mean = append(l.mean, e.New(p.Value.Type, p.Value.Shape...))
		l.scratch = append(l.scratch, e.New(p.Value.Type, p.Value.Shape...))
	}
	return l
}

// Step updates every parameter from its gradient: m = Momentum m + q (g + WeightDecay p), p = p -
// rate m.
func (l *LARS) Step(grads []kernel.Tensor, rate float64) {
	for i, p := range l.params {
		m, s := l.mean[i], l.scratch[i]
		l.engine.Scale(m, m, l.config.Momentum)
		if len(p.Value.Shape) < 2 {
			l.engine.Add(m, m, grads[i])
		} else {
			l.engine.Scale(s, p.Value, l.config.WeightDecay)
			l.engine.Add(s, s, grads[i])
			l.engine.Scale(s, s, l.trust(p.Value, s))
			l.engine.Add(m, m, s)
		}
		l.engine.Scale(s, m, -rate)
		l.engine.Add(p.Value, p.Value, s)
	}
}

// trust is q = Trust |p| / |update|, 1 where either is zero.
func (l *LARS) trust(p, update kernel.Tensor) float64 {
	length, step := math.Sqrt(l.engine.SumSquares(p)), math.Sqrt(l.engine.SumSquares(update))
	if length == 0 || step == 0 {
		return 1
	}
	return l.config.Trust * length / step
}

// Close gives the memory back; the parameters stay.
func (l *LARS) Close() {
	for i := range l.params {
		l.engine.Free(l.mean[i])
		l.engine.Free(l.scratch[i])
	}
}
