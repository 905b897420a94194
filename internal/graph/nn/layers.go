// Package nn holds the layers of cmae's models: structs of named parameters with a short Forward,
// which add to a Gorgonia graph.
//
// Reading order: params.go (arrays that graphs share), init.go (their first values), copies.go
// (their BF16 copies), ema.go (their averages), meta.go (parameters without values), part.go (what
// people call some of them), scope.go (where a layer finds its parameters), layers.go (dense layers
// and norms), block.go, conv.go, batchnorm2d.go. The names of parameters are those of published MAE
// and timm checkpoints (spec 8). Letters are those of package kernel.
package nn

import (
	G "gorgonia.org/gorgonia"

	"cmae/internal/comm"
	"cmae/internal/graph/op"
	"cmae/internal/kernel"
)

// LayerNormEps is the epsilon of every LayerNorm (spec 2).
const LayerNormEps = 1e-6

// Linear is y = x w^T + b.
type Linear struct {
	Weight, Bias       *G.Node
	compute, paramType kernel.DType
	again              bool // op.LinearOptions.Again
}

// NewLinear makes a layer from in to out features.
func NewLinear(s *Scope, in, out int) *Linear { return NewLinearShaped(s, out, in) }

// NewLinearShaped makes a layer with a weight [out,in...] of more than two dimensions, such as a
// patch convolution's.
func NewLinearShaped(s *Scope, out int, in ...int) *Linear {
	weight := s.Weight(append([]int{out}, in...)...)
	return newLinear(s, weight, s.Param("bias", Zeros, out))
}

// NewLinearNoBias leaves the bias out.
func NewLinearNoBias(s *Scope, in, out int) *Linear {
	return newLinear(s, s.Weight(out, in), nil)
}

// NewLinearFrom makes a layer whose weight and bias both start from init.
func NewLinearFrom(s *Scope, in, out int, init Init) *Linear {
	return newLinear(s, s.Matrix(init, out, in), s.Param("bias", init, out))
}

func newLinear(s *Scope, weight, bias *G.Node) *Linear {
	return &Linear{Weight: weight, Bias: bias, compute: s.compute, paramType: s.ParamType()}
}

// Forward maps [...,in] to [...,out] and returns the full type, for what leaves a block.
func (l *Linear) Forward(x *G.Node) *G.Node {
	return l.apply(x, op.LinearOptions{Out: l.paramType})
}

// ForwardCompute is Forward with the result in the compute type.
func (l *Linear) ForwardCompute(x *G.Node) *G.Node {
	return l.apply(x, op.LinearOptions{Out: l.compute})
}

// ForwardGELU is gelu(Forward) in the compute type.
func (l *Linear) ForwardGELU(x *G.Node) *G.Node {
	return l.apply(x, op.LinearOptions{GELU: true, Out: l.compute})
}

// ForwardAdd is residual + Forward.
func (l *Linear) ForwardAdd(x, residual *G.Node) *G.Node {
	return l.apply(x, op.LinearOptions{Residual: residual, Out: l.paramType})
}

func (l *Linear) apply(x *G.Node, o op.LinearOptions) *G.Node {
	o.Bias, o.Again = l.Bias, l.again
	return op.Linear(op.Cast(x, l.compute), l.Weight, o)
}

// LayerNorm normalises the last dimension.
type LayerNorm struct{ Weight, Bias *G.Node }

// NewLayerNorm makes a layer over dim features.
func NewLayerNorm(s *Scope, dim int) *LayerNorm {
	return &LayerNorm{s.Param("weight", Ones, dim), s.Param("bias", Zeros, dim)}
}

// Forward keeps the shape; out is the type of the result.
func (l *LayerNorm) Forward(x *G.Node, out kernel.DType) *G.Node {
	return op.LayerNorm(x, l.Weight, l.Bias, LayerNormEps, out)
}

// BatchNorm normalises columns by the statistics of the batch, of all replicas together.
type BatchNorm struct {
	Weight, Bias *G.Node
	comm         comm.Comm
}

// NewBatchNorm makes a layer over dim features; affine gives it a scale and a shift.
func NewBatchNorm(s *Scope, dim int, affine bool) *BatchNorm {
	l := &BatchNorm{comm: s.comm}
	if affine {
		l.Weight, l.Bias = s.Param("weight", Ones, dim), s.Param("bias", Zeros, dim)
	}
	return l
}

// Forward keeps the shape [R,C].
func (l *BatchNorm) Forward(x *G.Node) *G.Node {
	return op.BatchNorm(
		x, op.BatchNormOptions{Gamma: l.Weight, Beta: l.Bias, Eps: BatchNormEps, Comm: l.comm},
	)
}
