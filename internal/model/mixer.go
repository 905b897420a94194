package model

import (
	G "gorgonia.org/gorgonia"

	"cmae/internal/graph/nn"
	"cmae/internal/graph/op"
)

// mixerBlock mixes the grid's tokens by an MLP across them, then channels by another; cls passes
// untouched (spec 3). An MLP on each token alone would send the encoder no gradient, for a hidden
// place holds only the mask token and its position.
type mixerBlock struct {
	norm1, norm2 *nn.LayerNorm
	tokens       *nn.MLP
	channels     *nn.MLP
	scope        *nn.Scope
}

func newMixerBlock(s *nn.Scope, c DecoderConfig, grid int) decoderBlock {
	return &mixerBlock{
		norm1:    nn.NewLayerNorm(s.Sub("norm1"), c.Dim),
		tokens:   nn.NewMLP(s.Sub("token_mlp"), grid*grid, c.Dim/2),
		norm2:    nn.NewLayerNorm(s.Sub("norm2"), c.Dim),
		channels: nn.NewMLP(s.Sub("mlp"), c.Dim, int(float64(c.Dim)*c.MLPRatio)),
		scope:    s,
	}
}

func mixerWeights(c DecoderConfig) float64 {
	return 2 * float64(c.Dim) * float64(c.Dim) * c.MLPRatio
}

// Forward maps [B,1+N,Dd] to the same shape.
func (b *mixerBlock) Forward(x, _ *G.Node) *G.Node {
	cls, grid := op.SliceTokens(x, 0, 1), op.SliceTokens(x, 1, x.Shape()[1]) // [B,N,Dd]
	across := op.Transpose(b.norm1.Forward(grid, b.scope.ComputeType()))     // [B,Dd,N]
	grid = op.Add(grid, op.Transpose(b.tokens.Forward(across)))              // [B,N,Dd]
	grid = b.channels.ForwardAdd(b.norm2.Forward(grid, b.scope.ComputeType()), grid)
	return op.ConcatTokens(cls, grid)
}
