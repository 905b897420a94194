package model

import (
	"fmt"

	G "gorgonia.org/gorgonia"

	"cmae/internal/config"
	"cmae/internal/graph/nn"
	"cmae/internal/graph/op"
)

// blockKind is a kind of block. Its make is given the side of the grid of patches.
type blockKind struct {
	name  DecoderKind
	make  func(s *nn.Scope, c DecoderConfig, grid int) decoderBlock
	reads []string // the keys of a decoder's shape that not every kind has
	// the least number of weights
	weights func(c DecoderConfig) float64
}

// blockKinds are the blocks of decoders: a new kind is a line here. There is a decoder of each kind
// alone and, but for the first, a hybrid: of transformer blocks, of which some are replaced.
func blockKinds() []blockKind {
	return []blockKind{
		{DecoderTransformer, newTransformerBlock, []string{headsKey, ratioKey}, transformerWeights},
		{DecoderMLP, newMixerBlock, []string{ratioKey}, mixerWeights},
		{DecoderConv, newConvBlock, nil, convWeights},
	}
}

func blockOf(kind DecoderKind) blockKind {
	for _, k := range blockKinds() {
		if k.name == kind {
			return k
		}
	}
	panic(config.Unknown(kind))
}

// DecoderPart is the decoder by the names of its parameters.
func DecoderPart() nn.Part {
	return nn.Part{
		Name: "decoder", Prefixes: []string{"decoder_", "mask_token"},
		Settings: "decoder.kind, decoder.depth, decoder.dim and data.image_size",
	}
}

// decoderBlock maps the tokens of all places x[B,1+N,Dd] to the same shape. It may look at the
// visible tokens seen[B,1+V,Dd], which are embedded and in the encoder's order, without the
// decoder's positions: cross-attention reads those alone.
type decoderBlock interface{ Forward(x, seen *G.Node) *G.Node }

// transformerBlock is a block of the encoder's kind.
type transformerBlock struct{ *nn.Block }

func newTransformerBlock(s *nn.Scope, c DecoderConfig, _ int) decoderBlock {
	return transformerBlock{nn.NewBlock(s, c.Dim, c.ResolvedHeads(), c.MLPRatio)}
}

func transformerWeights(c DecoderConfig) float64 { return blockWeights(c.Dim, c.MLPRatio) }

// Forward maps [B,1+N,Dd] to the same shape.
func (b transformerBlock) Forward(x, _ *G.Node) *G.Node { return b.Block.Forward(x) }

// Decoder reconstructs the pixels of every patch from the visible ones; it is weak on purpose.
type Decoder struct {
	embed  *nn.Linear
	mask   *G.Node // [1,1,Dd]
	pos    *G.Node // [1,1+N,Dd]
	blocks []decoderBlock
	norm   *nn.LayerNorm
	pred   *nn.Linear
	scope  *nn.Scope
}

// NewDecoder makes a decoder below s, for an encoder of width dim and images of grid x grid patches
// with pixels values each.
func NewDecoder(s *nn.Scope, c DecoderConfig, dim, grid, pixels int) *Decoder {
	s.Describe(DecoderPart())
	d := &Decoder{
		embed: nn.NewLinear(s.Sub("decoder_embed"), dim, c.Dim),
		mask:  s.Param("mask_token", nn.Normal(0.02), 1, 1, c.Dim),
		pos:   s.Table("decoder_pos_embed", sinCos(grid, c.Dim), 1, 1+grid*grid, c.Dim),
		norm:  nn.NewLayerNorm(s.Sub("decoder_norm"), c.Dim),
		pred:  nn.NewLinear(s.Sub("decoder_pred"), c.Dim, pixels),
		scope: s,
	}
	for i, kind := range c.Blocks() {
		d.blocks = append(
			d.blocks, blockOf(kind).make(s.Sub("decoder_blocks").Sub(fmt.Sprint(i)), c, grid),
		)
	}
	return d
}

// Forward maps the visible pass q1[B,1+V,D] to predicted patches [B,N,P]; restore[B,N] is the rank
// of every patch in the shuffled order.
func (d *Decoder) Forward(q1, restore *G.Node) *G.Node {
	seen := d.embed.Forward(q1)                         // [B,1+V,Dd]
	x := op.RestoreTokens(seen, d.mask, d.pos, restore) // [B,1+N,Dd]
	for _, b := range d.blocks {
		x = b.Forward(x, seen)
	}
	pred := d.pred.Forward(d.norm.Forward(x, d.scope.ComputeType())) // [B,1+N,P]
	return op.SliceTokens(pred, 1, pred.Shape()[1])                  // [B,N,P]
}
