package model

import (
	G "gorgonia.org/gorgonia"

	"cmae/internal/nn"
	"cmae/internal/op"
)

// headDeviation is that of the first weights of a classifier's head, small so that finetuning begins from even odds.
const headDeviation = 2e-5

// Classifier is an encoder with a linear head, as MAE finetunes it: the mean of the patch tokens takes the place of the class token, and
// its LayerNorm fc_norm that of the encoder's final one (spec 5). The class token stays in the blocks, positions stay fixed.
type Classifier struct {
	trunk        *Encoder
	norm         *nn.LayerNorm
	weight, bias *G.Node
}

// NewClassifier makes a classifier below s for square images of side pixels. Its names are timm's: those of the encoder, fc_norm, head.
func NewClassifier(s *nn.Scope, c EncoderConfig, side, classes int) *Classifier {
	c = c.Resolved()
	head := s.Sub("head").Exact()
	return &Classifier{
		trunk: newTrunk(s, c, side), norm: nn.NewLayerNorm(s.Sub("fc_norm"), c.Dim),
		weight: head.Matrix("weight", nn.Normal(headDeviation), classes, c.Dim), bias: head.Param("bias", nn.Zeros, classes),
	}
}

// DropPath gives the factors [B] of what attention and MLP of a block add to each image, nil where nothing is dropped.
type DropPath func(block int) (attention, mlp *G.Node)

// Forward maps images[B,3,S,S] to logits[B,C]. ids[B,N] lists every patch. drop may be nil.
func (c *Classifier) Forward(images, ids *G.Node, drop DropPath) *G.Node {
	e := c.trunk
	x := op.GatherTokens(e.cls, e.Embed(images), e.pos, ids, nil) // [B,1+N,D]
	for i, b := range e.blocks {
		var attention, mlp *G.Node
		if drop != nil {
			attention, mlp = drop(i)
		}
		if attention == nil {
			x = b.Forward(x)
		} else {
			x = b.ForwardScaled(x, attention, mlp)
		}
	}
	pooled := op.PoolTokens(x, 1, x.Shape()[1]) // [B,D]
	return op.Linear(c.norm.Forward(pooled, e.scope.Real()), c.weight, op.LinearOptions{Bias: c.bias})
}
