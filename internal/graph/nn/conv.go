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
	return &Conv{
		s.Weight("weight", out, in, side, side), s.Param("bias", Zeros, out), 1, side / 2,
		s.compute, s.ParamType(),
	}
}

// NewDepthwiseConv is NewConv with one filter for each channel.
func NewDepthwiseConv(s *Scope, channels, side int) *Conv {
	return &Conv{
		s.Weight("weight", channels, 1, side, side), s.Param("bias", Zeros, channels), 1, side / 2,
		s.compute, s.ParamType(),
	}
}

// NewConvNoBias makes a layer of side x side filters without bias, such as precede a BatchNorm,
// initialised by KaimingNormal. The border is side/2 wide: stride 1 keeps the size of the image,
// stride 2 halves it, rounding up.
func NewConvNoBias(s *Scope, in, out, side, stride int) *Conv {
	return &Conv{
		s.Matrix("weight", KaimingNormal, out, in, side, side), nil, stride, side / 2, s.compute,
		s.ParamType(),
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
