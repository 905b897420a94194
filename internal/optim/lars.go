package optim

import (
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
	config   LARSConfig
	engine   kernel.Engine
	params   []*nn.Param
	velocity []kernel.Tensor // of every parameter
	decayed  []kernel.Tensor // gradient of every matrix, absent for other parameters
	norms    kernel.Tensor   // [params,2] in F64: of every matrix and of its decayed gradient
}

// NewLARS starts with zero momentum.
func NewLARS(c LARSConfig, e kernel.Engine, params []*nn.Param) *LARS {
	l := &LARS{
		config: c, engine: e, params: params, decayed: make([]kernel.Tensor, len(params)),
		norms: e.New(kernel.F64, len(params), 2),
	}
	for i, p := range params {
		l.velocity = append(l.velocity, e.New(p.Value.Type, p.Value.Shape...))
		if len(p.Value.Shape) > 1 {
			l.decayed[i] = e.New(p.Value.Type, p.Value.Shape...)
		}
	}
	return l
}

// Step updates every parameter from its gradient: m = Momentum m + q (g + WeightDecay p), p = p -
// rate m. All norms that it needs are read at once.
func (l *LARS) Step(grads []kernel.Tensor, rate float64) {
	for i, d := range l.decayed {
		if d.Absent() {
			continue
		}
		p, norms := l.params[i].Value, l.norms.Part(i, i+1)
		l.engine.Scale(d, p, l.config.WeightDecay)
		l.engine.Add(d, d, grads[i])
		l.engine.Norm(norms.At(0, kernel.F64), []kernel.Tensor{p})
		l.engine.Norm(norms.At(kernel.F64.Size(), kernel.F64), []kernel.Tensor{d})
	}
	lengths := kernel.Read[float64](l.engine, l.norms)
	for i, p := range l.params {
		g, q := grads[i], 1.0
		if !l.decayed[i].Absent() {
			g, q = l.decayed[i], l.trust(lengths[2*i], lengths[2*i+1])
		}
		l.engine.SGD(p.Value, g, l.velocity[i], kernel.SGD{
			Momentum:  l.config.Momentum,
			Scheduled: kernel.Scheduled{LR: rate, GradScale: q},
		})
	}
}

// trust is q = Trust |p| / |update|, 1 where either is zero.
func (l *LARS) trust(p, update float64) float64 {
	if p == 0 || update == 0 {
		return 1
	}
	return l.config.Trust * p / update
}

// Close gives the memory back; the parameters stay.
func (l *LARS) Close() {
	for i, d := range l.decayed {
		l.engine.Free(l.velocity[i])
		if !d.Absent() {
			l.engine.Free(d)
		}
	}
	l.engine.Free(l.norms)
}
