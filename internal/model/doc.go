// Package model builds networks as Gorgonia graphs, from the layers of package nn: the vision
// transformer with its decoders and heads, the ResNets of the baselines. What a method makes of
// them is package method's.
//
// Reading order: encoderconfig.go and decoderconfig.go (the sections that decide an architecture),
// posembed.go, encoder.go, decoder.go with its blocks mixer.go and convblock.go, projector.go;
// resnet.go with its block residual.go; classifier.go (for finetuning). shapes.go tells names and
// shapes without building anything, patchsize.go which patches suit images, limits.go and
// minmemory.go what is too much.
//
// Shapes have the letters of package kernel, and: S side of an image in pixels, C its channels, p
// side of a patch, P = C*p*p values of a patch, Dd width of the decoder, K classes.
package model
