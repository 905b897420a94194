package nn

import (
	G "gorgonia.org/gorgonia"

	"cmae/internal/graph/op"
	"cmae/internal/kernel"
)

// Conv is a convolution of square images [B,S*S,C], channels last.
type Conv struct {
	Weight, Bias       *G.Node
	stride, pad        int
	compute, paramType kernel.DType
}

// NewConv makes a layer of side x side filters from in to out channels, with stride 1 and a border
// that keeps the size of the image. Its bias is 0 at first.
func NewConv(s *Scope, in, out, side int) *Conv {
	c := newConv(s, s.Weight(out, in, side, side), 1)
	c.Bias = s.Param("bias", Zeros, out)
	return c
}

// NewDepthwiseConv is NewConv with one filter for each channel.
func NewDepthwiseConv(s *Scope, channels, side int) *Conv { return NewConv(s, 1, channels, side) }

// NewConvNoBias makes a layer of side x side filters without bias, such as precede a BatchNorm,
// initialised by KaimingNormal. The border is side/2 wide: stride 1 keeps the size of the image,
// stride 2 halves it, rounding up.
func NewConvNoBias(s *Scope, in, out, side, stride int) *Conv {
	return newConv(s, s.Matrix(KaimingNormal, out, in, side, side), stride)
}

func newConv(s *Scope, filters *G.Node, stride int) *Conv {
	return &Conv{
		Weight: filters, stride: stride, pad: filters.Shape()[3] / 2,
		compute: s.compute, paramType: s.ParamType(),
	}
}

// Forward maps [B,S*S,Cin] to [B,So*So,Cout], with the result in the full type.
func (c *Conv) Forward(x *G.Node) *G.Node { return c.forward(x, c.paramType) }

// ForwardCompute is Forward with the result in the compute type.
func (c *Conv) ForwardCompute(x *G.Node) *G.Node { return c.forward(x, c.compute) }

func (c *Conv) forward(x *G.Node, out kernel.DType) *G.Node {
	return op.Conv(
		op.Cast(x, c.compute), c.Weight,
		op.ConvOptions{Bias: c.Bias, Stride: c.stride, Pad: c.pad, Out: out},
	)
}
