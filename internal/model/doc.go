// Package model builds the networks of cmae as Gorgonia graphs, from the layers of package nn: the
// vision transformer and its decoders, the heads, the momentum pair, the whole step of the paper,
// and the ResNets of the baselines.
//
// Reading order: encoderconfig.go and sections.go (the sections that decide an architecture),
// config.go (all of them together), posembed.go, encoder.go, decoder.go with its blocks mixer.go
// and convblock.go, projector.go, location.go, momentum.go, cmae.go (how they make a step). Then
// MoCo: resnet.go with its block residual.go, head.go, moco.go; method.go chooses. classifier.go is
// for finetuning. shapes.go tells names and shapes without building anything, limits.go and
// demand.go what is too much.
//
// The letters of shapes are those of package kernel, and: S side of an image in pixels, p side of a
// patch, P = 3*p*p values of a patch, Dd width of the decoder.
package model
