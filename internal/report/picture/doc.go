// Package picture shows what a model does with images: reconstructions where they are masked,
// attention maps, principal components of the features, the boxes and crops of ContrastiveCrop, as
// PNG files that can be read at a glance (laid out by package canvas). The same run gives the same
// bytes.
//
// Letters: S side of an image in pixels, g grid side in patches, N = g*g patches, P values of a
// patch, k threshold of a heat map.
//
// Reading order: images.go (which images are shown, and what the encoder sees of them);
// reconstruct.go, attention.go, pca.go with components.go, crops.go (one picture each); views.go
// (what training sees); tile.go (an image of a picture).
package picture
