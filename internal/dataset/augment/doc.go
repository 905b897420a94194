// Package augment turns a decoded image into the planar float32 view that a model sees: one pass
// that crops and resizes, then the colour recipe of the view, then the normalisation. Every draw
// comes from the *rand.Rand that the caller names, everything else is a pure function; a Workspace
// holds the scratch memory of one goroutine, so that a view allocates nothing.
//
// Letters: S side of a view in pixels. C channels, 3 of colours. A view is [C,S,S], row by row.
//
// Reading order: config.go (settings), view.go (the recipes of the query and the key view,
// specification section 1.1, and the whole image of an evaluation), resize.go and kernel.go (crop
// and resize in one pass), fit.go (the whole image), colour.go, hue.go, blur.go; supervised.go
// (labelled training images), randaugment.go, randaugment_colour.go, randaugment_affine.go; look.go
// (a view as a picture shows it).
package augment
