package model

import (
	"fmt"
	"slices"

	G "gorgonia.org/gorgonia"

	"cmae/internal/config"
	"cmae/internal/graph/nn"
	"cmae/internal/graph/op"
)

// DecoderKind says of which blocks the decoder is made.
type DecoderKind string

// Blocks of one kind, or transformer blocks of which some are replaced.
const (
	DecoderTransformer DecoderKind = "transformer"
	DecoderMLP         DecoderKind = "mlp"
	DecoderConv        DecoderKind = "conv"
	DecoderHybridMLP   DecoderKind = "hybrid-mlp"
	DecoderHybridConv  DecoderKind = "hybrid-conv"
)

// DecoderKinds lists them.
func DecoderKinds() []DecoderKind {
	return []DecoderKind{
		DecoderTransformer, DecoderMLP, DecoderConv, DecoderHybridMLP, DecoderHybridConv,
	}
}

// parts are what a decoder of this kind is made of: the usual block, and the one that replaces some
// of them, "" where none are replaced.
func (k DecoderKind) parts() (block, other DecoderKind) {
	switch k {
	case DecoderTransformer, DecoderMLP, DecoderConv:
		return k, ""
	case DecoderHybridMLP:
		return DecoderTransformer, DecoderMLP
	case DecoderHybridConv:
		return DecoderTransformer, DecoderConv
	}
	panic(unknown(k))
}

// DecoderConfig is the `decoder` section (spec 3).
type DecoderConfig struct {
	Kind      DecoderKind `yaml:"kind" choices:"transformer,mlp,conv,hybrid-mlp,hybrid-conv" doc:"transformer, mlp, conv, hybrid-mlp or hybrid-conv"`
	Depth     int         `yaml:"depth" min:"1" max:"256" doc:"blocks"`
	Dim       int         `yaml:"dim" min:"4" max:"65536" doc:"width of a token"`
	Heads     int         `yaml:"heads" min:"0" doc:"attention heads; 0 means dim/32"`
	MLPRatio  float64     `yaml:"mlp_ratio" above:"0" doc:"hidden width of an MLP over the width of a token"`
	HybridAt  []int       `yaml:"hybrid_at" min:"0" doc:"blocks that a hybrid replaces; empty means the middle one"`
	Depthwise bool        `yaml:"depthwise" doc:"convolve each channel by itself, then mix channels (conv and hybrid-conv)"`
}

// DefaultDecoder is the paper's weakest: two blocks of width 64.
func DefaultDecoder() DecoderConfig {
	return DecoderConfig{Kind: DecoderTransformer, Depth: 2, Dim: 64, MLPRatio: 4}
}

// ResolvedHeads is the number of attention heads.
func (c DecoderConfig) ResolvedHeads() int {
	if c.Heads > 0 {
		return c.Heads
	}
	return max(c.Dim/32, 1)
}

// Blocks lists the kind of every block.
func (c DecoderConfig) Blocks() []DecoderKind {
	block, other := c.Kind.parts()
	kinds := slices.Repeat([]DecoderKind{block}, c.Depth)
	for i := range kinds {
		if other != "" && (slices.Contains(c.HybridAt, i) || len(c.HybridAt) == 0 && i == c.Depth/2) {
			kinds[i] = other
		}
	}
	return kinds
}

// Validate checks that heads divide the width, and that nothing is set which a decoder of this kind
// does not have.
func (c DecoderConfig) Validate() error {
	switch {
	case c.Dim%4 != 0:
		return config.Faultf("decoder.dim", "%d must be a positive multiple of 4", c.Dim)
	case c.Heads > 0 && c.Dim%c.Heads != 0:
		return config.Faultf(
			"decoder.heads", "%d must be positive and divide decoder.dim %d", c.Heads, c.Dim,
		)
	case c.Dim%c.ResolvedHeads() != 0:
		return config.Faultf(
			"decoder.heads", "0 means %d, which does not divide decoder.dim %d; set it",
			c.ResolvedHeads(), c.Dim,
		)
	case !hidden(c.Dim, c.MLPRatio):
		return config.Faultf(
			"decoder.mlp_ratio", "%g times decoder.dim %d must make 1 to %d hidden values",
			c.MLPRatio, c.Dim, mostHidden,
		)
	case c.Depthwise && c.Kind != DecoderConv && c.Kind != DecoderHybridConv:
		return config.Faultf(
			"decoder.depthwise",
			"a decoder of kind %q has no convolution; take conv or hybrid-conv", c.Kind,
		)
	}
	return c.validateHybrid()
}

func (c DecoderConfig) validateHybrid() error {
	for at, i := range c.HybridAt {
		switch _, other := c.Kind.parts(); {
		case i >= c.Depth:
			return config.Faultf(
				"decoder.hybrid_at", "block %d does not exist in a decoder of depth %d", i, c.Depth,
			)
		case slices.Contains(c.HybridAt[:at], i):
			return config.Faultf("decoder.hybrid_at", "block %d is there twice", i)
		case other == "":
			return config.Faultf(
				"decoder.hybrid_at",
				"a decoder of kind %q has no blocks to replace; take hybrid-mlp or hybrid-conv",
				c.Kind,
			)
		}
	}
	return nil
}

// Warnings names what will train but hardly learn on a grid x grid of patches: convolutions that
// cannot see all of it.
func (c DecoderConfig) Warnings(grid int) []string {
	reach := 2*c.Depth + 1
	if reach >= grid ||
		slices.ContainsFunc(c.Blocks(), func(kind DecoderKind) bool { return kind != DecoderConv }) {
		return nil
	}
	return []string{fmt.Sprintf("decoder.depth: %d convolutions of 3x3 see %d of the %d patches along a side; take a depth of at least %d, or transformer blocks among them",
		c.Depth, reach, grid, grid/2)}
}

// DecoderPart is the decoder by the names of its parameters.
func DecoderPart() nn.Part {
	return nn.Part{
		Name: "decoder", Prefixes: []string{"decoder_", "mask_token"},
		Settings: "decoder.kind, decoder.depth, decoder.dim and data.image_size",
	}
}

// decoderBlock maps [B,1+N,Dd] to the same shape.
type decoderBlock interface{ Forward(x *G.Node) *G.Node }

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
			d.blocks, newDecoderBlock(s.Sub("decoder_blocks").Sub(fmt.Sprint(i)), c, kind, grid),
		)
	}
	return d
}

func newDecoderBlock(s *nn.Scope, c DecoderConfig, kind DecoderKind, grid int) decoderBlock {
	switch kind {
	case DecoderMLP:
		return newMixerBlock(s, c, grid*grid)
	case DecoderConv:
		return newConvBlock(s, c)
	case DecoderTransformer:
		return nn.NewBlock(s, c.Dim, c.ResolvedHeads(), c.MLPRatio)
	}
	panic(unknown(kind))
}

// Forward maps the visible pass q1[B,1+V,D] to predicted patches [B,N,P]; restore[B,N] is the rank
// of every patch in the shuffled order.
func (d *Decoder) Forward(q1, restore *G.Node) *G.Node {
	x := op.RestoreTokens(d.embed.Forward(q1), d.mask, d.pos, restore) // [B,1+N,Dd]
	for _, b := range d.blocks {
		x = b.Forward(x)
	}
	pred := d.pred.Forward(d.norm.Forward(x, d.scope.Inner())) // [B,1+N,P]
	return op.SliceTokens(pred, 1, pred.Shape()[1])            // [B,N,P]
}
