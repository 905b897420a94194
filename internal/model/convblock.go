package model

import (
	G "gorgonia.org/gorgonia"

	"cmae/internal/graph/nn"
	"cmae/internal/graph/op"
)

// convBlock is x + GELU(LN(conv3x3(x))) on the grid of patches; cls passes untouched (spec 3).
// Depthwise, the convolution is one filter a channel and then a layer that mixes the channels of
// each patch: `conv.depthwise` and `conv.pointwise` among the parameters.
type convBlock struct {
	conv *nn.Conv
	mix  *nn.Linear // nil unless depthwise
	norm *nn.LayerNorm
}

func newConvBlock(s *nn.Scope, c DecoderConfig, _ int) decoderBlock {
	conv := s.Sub("conv")
	b := &convBlock{norm: nn.NewLayerNorm(s.Sub("norm"), c.Dim)}
	if !c.Depthwise {
		b.conv = nn.NewConv(conv, c.Dim, c.Dim, 3)
		return b
	}
	b.conv = nn.NewDepthwiseConv(conv.Sub("depthwise"), c.Dim, 3)
	b.mix = nn.NewLinearShaped(conv.Sub("pointwise"), c.Dim, c.Dim, 1, 1)
	return b
}

func convWeights(c DecoderConfig) float64 {
	dim := float64(c.Dim)
	if c.Depthwise {
		return dim*dim + 9*dim
	}
	return 9 * dim * dim
}

// Forward maps [B,1+N,Dd] to the same shape.
func (b *convBlock) Forward(x, _ *G.Node) *G.Node {
	cls, grid := op.SliceTokens(x, 0, 1), op.SliceTokens(x, 1, x.Shape()[1]) // [B,N,Dd]
	near := b.convolve(grid)
	return op.ConcatTokens(cls, op.Add(grid, op.GELU(b.norm.Forward(near, op.TypeOf(x)))))
}

func (b *convBlock) convolve(grid *G.Node) *G.Node {
	if b.mix == nil {
		return b.conv.Forward(grid)
	}
	return b.mix.Forward(b.conv.ForwardCompute(grid))
}
