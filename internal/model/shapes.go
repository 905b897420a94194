package model

import (
	G "gorgonia.org/gorgonia"

	"cmae/internal/graph/nn"
	"cmae/internal/graph/op"
	"cmae/internal/kernel"
)

// Shapes lists the names and shapes, without values, of the parameters of an encoder for images of
// side pixels, and of its decoder unless d is nil. A ResNet's do not depend on side.
func Shapes(c EncoderConfig, d *DecoderConfig, side int) (*nn.Params, error) {
	p := nn.NewShapes(kernel.F32)
	err := op.Build(func() {
		s := nn.NewScope(G.NewGraph(), p, kernel.F32)
		if c.IsResNet() {
			NewResNet(s, c.ResNet(0), nn.BatchMode{})
			return
		}
		NewEncoder(s, c, side)
		if d != nil {
			NewDecoder(s, *d, c.Resolved().Dim, side/c.PatchSize, 3*c.PatchSize*c.PatchSize)
		}
	})
	return p, err
}

// ClassifierShapes is Shapes for what finetuning trains: the encoder with a head of classes
// outputs.
func ClassifierShapes(c EncoderConfig, side, classes int) (*nn.Params, error) {
	p := nn.NewShapes(kernel.F32)
	err := op.Build(func() {
		s := nn.NewScope(G.NewGraph(), p, kernel.F32)
		if c.IsResNet() {
			NewResNet(s, c.ResNet(classes), nn.BatchMode{})
			return
		}
		NewClassifier(s, c, side, classes)
	})
	return p, err
}
