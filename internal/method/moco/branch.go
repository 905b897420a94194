package moco

import (
	"cmae/internal/comm"
	"cmae/internal/graph/exec"
	"cmae/internal/graph/nn"
	"cmae/internal/graph/op"
	"cmae/internal/method/contrast"
	"cmae/internal/model"
	"cmae/internal/recipe"
)

// branch is an encoder of whole images with its head.
type branch struct {
	config      recipe.Contrast
	transformer *model.Encoder // or
	resnet      *model.ResNet
	all         *op.Node // [B,N] every patch, of a transformer
	head        layer
}

// everyPatch lists the patches of whole images [B,N]; a ResNet, which has none, gets nil.
func everyPatch(b *exec.Builder, c recipe.Sized) *op.Node {
	if c.Model.IsResNet() {
		return nil
	}
	return b.Repeat("all", model.EveryPatch(c.Patches()))
}

// newBranch makes the network at s.
func (m Method) newBranch(s *nn.Scope, c recipe.Sized, all *op.Node) branch {
	b := branch{config: c.Contrast, all: all}
	if c.Model.IsResNet() {
		mode := nn.BatchMode{Train: true, Groups: c.Contrast.Groups}
		if comm.Divided(s.Comm()) && mode.Groups > 1 {
			mode.Groups, mode.Apart = mode.Groups/s.Comm().Size(), true
		}
		b.resnet = model.NewResNet(s, c.Model.ResNet(0), mode)
	} else {
		patches := s
		if c.Contrast.FreezePatches && s.Role() == nn.Trained {
			patches = s.As(nn.Fixed) // the momentum copy still follows, and so equals it
		}
		b.transformer = model.NewEncoderOn(s, patches, c.Model, c.Side)
	}
	b.head = m.head(s.Sub("projector"), c.Contrast, c.Model.Features())
	return b
}

// Forward maps images[B,C,S,S] to the head's output [B,out].
func (b branch) Forward(images *op.Node) *op.Node {
	if b.resnet != nil {
		return b.head.Forward(b.resnet.Forward(images).Features)
	}
	tokens := b.transformer.Forward(b.transformer.Embed(images), b.all, nil).Tokens // [B,1+N,D]
	return b.head.Forward(contrast.Pool(b.config, tokens, nil))
}
