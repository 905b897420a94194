// Package picture shows what a run looks like: reconstructions of masked images, attention maps, principal components of the features, the boxes
// and crops of ContrastiveCrop, and curves of its metrics, as PNG files (curves also as SVG) that can be read at a glance. The same run gives the
// same bytes.
//
// Letters: S side of an image in pixels, g grid side in patches, N = g*g patches, P values of a patch, k threshold of a heat map.
//
// Reading order: subject.go (the model and images that are shown); forward.go (what the model makes of them); reconstruct.go, attention.go,
// pca.go with components.go, crops.go (one picture each); views.go (what training sees); score.go, scorecard.go (crops judged by true boxes);
// curves.go, quantity.go, metrics.go, table.go (a run over time, drawn by package chart); confusion.go (what a classifier mixes up); grid.go,
// tile.go, colour.go, text.go, save.go (drawing).
package picture
