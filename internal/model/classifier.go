package model

import (
	G "gorgonia.org/gorgonia"

	"cmae/internal/graph/nn"
	"cmae/internal/graph/op"
)

// headDeviation is the standard deviation of a new head's weights: small, so that finetuning begins
// from even odds.
const headDeviation = 2e-5

// Pooled is an encoder as finetuning trains it (spec 5): the feature of an image is the mean of its
// patch tokens, not the class token, and the LayerNorm fc_norm on that mean replaces the encoder's
// final one. The class token stays in the blocks. Positions are trained if the scope learns tables,
// as published finetuning does.
type Pooled struct {
	trunk *Encoder
	norm  *nn.LayerNorm
}

// NewPooled makes an encoder below s for square images of side pixels. Its parameters have timm's
// names: the encoder's, and fc_norm.
func NewPooled(s *nn.Scope, c EncoderConfig, side int) *Pooled {
	c = c.At(side)
	return &Pooled{trunk: newTrunk(s, s, c, side), norm: nn.NewLayerNorm(s.Sub("fc_norm"), c.Dim)}
}

// Classifier is a finetuned encoder with a linear head.
type Classifier struct {
	*Pooled
	weight, bias *G.Node
}

// NewClassifier makes a classifier below s for square images of side pixels. Its parameters have
// timm's names: the encoder's, fc_norm and head.
func NewClassifier(s *nn.Scope, c EncoderConfig, side, classes int) *Classifier {
	head := s.Sub("head").FullPrecision()
	return &Classifier{
		Pooled: NewPooled(s, c, side),
		weight: head.Matrix(nn.Normal(headDeviation), classes, c.Resolved().Dim),
		bias:   head.Param("bias", nn.Zeros, classes),
	}
}

// DropPath returns, for a block, the factors [B] by which it multiplies what attention and MLP add
// to each image; nil where nothing is dropped.
type DropPath func(block int) (attention, mlp *G.Node)

// PooledPass is one run of whole images through a finetuned encoder.
type PooledPass struct {
	Features *G.Node          // [B,D]
	Last     *G.Node          // [B,1+N,D] output of the last block
	Softmax  []func() *G.Node // [B,H,1+N,1+N] attention of each block that drops nothing
}

// Forward runs images[B,C,S,S]. ids[B,N] lists every patch. drop may be nil.
func (p *Pooled) Forward(images, ids *G.Node, drop DropPath) PooledPass {
	e := p.trunk
	x := e.gather(e.cls, e.Embed(images), e.pos, ids, nil) // [B,1+N,D]
	var pass PooledPass
	for i, b := range e.blocks {
		var attention, mlp *G.Node
		if drop != nil {
			attention, mlp = drop(i)
		}
		if attention == nil {
			y, softmax := b.ForwardSoftmax(x)
			x, pass.Softmax = y, append(pass.Softmax, softmax)
		} else {
			x = b.ForwardScaled(x, attention, mlp)
		}
	}
	pass.Last = x
	pass.Features = p.norm.Forward(op.PoolTokens(x, 1, x.Shape()[1]), e.scope.ParamType()) // [B,D]
	return pass
}

// Forward maps images[B,C,S,S] to logits[B,K]. ids[B,N] lists every patch. drop may be nil.
func (c *Classifier) Forward(images, ids *G.Node, drop DropPath) *G.Node {
	return op.Linear(
		c.Pooled.Forward(images, ids, drop).Features, c.weight, op.LinearOptions{Bias: c.bias},
	)
}
