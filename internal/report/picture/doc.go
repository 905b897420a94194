// Package picture shows what a model does with images: reconstructions where they are masked,
// attention maps, principal components of the features, the boxes and crops of ContrastiveCrop, as
// PNG files that can be read at a glance (laid out by package canvas). The same run gives the same
// bytes.
//
// Letters: S side of an image in pixels, g grid side in patches, N = g*g patches, P values of a
// patch, k threshold of a heat map.
//
// Reading order: subject.go (the model and images that are shown); forward.go (what the model makes
// of them); reconstruct.go, attention.go, pca.go with components.go, crops.go (one picture each);
// views.go (what training sees); score.go, scorecard.go (crops judged by true boxes); tile.go (an
// image of a picture).
package picture
