// Package loader assembles batches from a decoded data set ahead of the step that needs them:
// views, labels and mask noise. Everything random is drawn from (seed, purpose, epoch, image
// index), so the number of workers, the batch's place in the epoch and a resume change no bit.
//
// Letters: B rows of a batch, S side of a view, N patches of a view.
//
// Reading order: config.go (settings), loader.go (images, and what an epoch of them is), shard.go
// (what of a batch one of several processes has), batch.go (what a step gets), row.go (how one
// image becomes a row), stream.go (the workers), mask.go (from noise to the visible patches).
package loader
