package model

import (
	"fmt"

	G "gorgonia.org/gorgonia"

	"cmae/internal/graph/nn"
	"cmae/internal/graph/op"
)

// Encoder is a pre-norm vision transformer with sine and cosine positions (spec 2), fixed unless
// its scope learns tables.
type Encoder struct {
	patch  int
	embed  *nn.Linear // weight [D,C,p,p], a convolution of stride p
	cls    *G.Node    // [1,1,D]
	pos    *G.Node    // [1,1+N,D]
	gather func(cls, x, pos, ids, keep *G.Node) *G.Node
	blocks []*nn.Block
	norm   *nn.LayerNorm
	scope  *nn.Scope
}

// NewEncoder makes an encoder below s for square images of side pixels.
func NewEncoder(s *nn.Scope, c EncoderConfig, side int) *Encoder {
	return NewEncoderOn(s, s, c, side)
}

// NewEncoderOn is NewEncoder with the parameters of the patch embedding made at the scope patches,
// which may have another role.
func NewEncoderOn(s, patches *nn.Scope, c EncoderConfig, side int) *Encoder {
	c = c.At(side)
	e := newTrunk(s, patches, c, side)
	e.norm = nn.NewLayerNorm(s.Sub("norm"), c.Dim)
	return e
}

// newTrunk makes an encoder without its final LayerNorm: the patch embedding at the scope patches,
// all else below s.
func newTrunk(s, patches *nn.Scope, c EncoderConfig, side int) *Encoder {
	grid, dim := side/c.PatchSize, c.Dim
	proj := patches.Sub("patch_embed").Sub("proj")
	e := &Encoder{
		patch: c.PatchSize, scope: s, gather: op.GatherTokens,
		embed: nn.NewLinearShaped(proj, dim, c.In(), c.PatchSize, c.PatchSize),
		cls:   s.Param("cls_token", nn.Normal(0.02), 1, 1, dim),
		pos:   s.Table("pos_embed", sinCos(grid, dim), 1, 1+grid*grid, dim),
	}
	if s.LearnsTables() {
		e.gather = op.GatherTokensLearned
	}
	for i := range c.Depth {
		e.blocks = append(
			e.blocks, nn.NewBlock(s.Sub("blocks").Sub(fmt.Sprint(i)), dim, c.Heads, c.MLPRatio),
		)
	}
	return e
}

// Embed maps images[B,C,S,S] to patch tokens[B,N,D], without positions.
func (e *Encoder) Embed(images *G.Node) *G.Node {
	return e.embed.Forward(op.Patchify(images, e.patch, false))
}

// Pass is one run of patch tokens through the encoder.
type Pass struct {
	Tokens  *G.Node          // [B,1+V,D] after the final LayerNorm, cls first
	Last    *G.Node          // [B,1+V,D] output of the last block
	Softmax []func() *G.Node // [B,H,1+V,1+V] attention of each block
}

// Forward encodes the patches ids[B,V] of embedded tokens[B,N,D]. keep[B,V], optional, is 0 where a
// token goes without its position.
func (e *Encoder) Forward(tokens, ids, keep *G.Node) Pass {
	x := e.gather(e.cls, tokens, e.pos, ids, keep) // [B,1+V,D]
	var p Pass
	for _, b := range e.blocks {
		y, softmax := b.ForwardSoftmax(x)
		x, p.Softmax = y, append(p.Softmax, softmax)
	}
	p.Last = x
	p.Tokens = e.norm.Forward(x, e.scope.ParamType())
	return p
}

// EveryPatch lists the patches of an image for an encoder that sees whole ones.
func EveryPatch(patches int) []int32 {
	ids := make([]int32, patches)
	for i := range ids {
		ids[i] = int32(i)
	}
	return ids
}
