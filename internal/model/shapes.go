package model

import (
	"cmae/internal/graph/exec"
	"cmae/internal/graph/nn"
)

// Shapes lists the names and shapes, without values, of the parameters of an encoder for images of
// side pixels, and of its decoder unless d is nil. A ResNet's do not depend on side.
func Shapes(c EncoderConfig, d *DecoderConfig, side int) (*nn.Params, error) {
	return exec.Shapes(func(b *exec.Builder) {
		if c.IsResNet() {
			NewResNet(b.Scope, c.ResNet(0), nn.BatchMode{})
			return
		}
		c = c.At(side)
		NewEncoder(b.Scope, c, side)
		if d != nil {
			p := c.PatchSize
			NewDecoder(b.Scope, *d, c.Dim, side/p, c.In()*p*p)
		}
	})
}

// PooledShapes is Shapes for a finetuned transformer without its head.
func PooledShapes(c EncoderConfig, side int) (*nn.Params, error) {
	return exec.Shapes(func(b *exec.Builder) { NewPooled(b.Scope, c, side) })
}

// ClassifierShapes is Shapes for what finetuning trains: the encoder with a head of classes
// outputs.
func ClassifierShapes(c EncoderConfig, side, classes int) (*nn.Params, error) {
	return exec.Shapes(func(b *exec.Builder) {
		if c.IsResNet() {
			NewResNet(b.Scope, c.ResNet(classes), nn.BatchMode{})
			return
		}
		NewClassifier(b.Scope, c, side, classes)
	})
}
