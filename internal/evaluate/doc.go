// Package evaluate judges a frozen encoder by what can be read off its features: a linear probe and
// a k-nearest-neighbours vote (spec 5). Neither touches the encoder, and each is a protocol of its
// own, whose figures are never mixed.
//
// Reading order, with what a user may ask in recipe.Probe: encoder.go (images to features),
// featureset.go (features of a split, once); result.go (what a protocol reports), verdict.go and score.go (how
// predictions are counted), text.go (for a terminal); knn.go and nearest.go (the vote); probe.go
// (the linear probe), rate.go (how its rate is found), epochs.go (where its batches come from),
// head.go (its graph and update), running.go (BatchNorm outside training), judge.go (accuracy on
// the test split), linear.go (what came out of it).
//
// Letters: n images of a split, D values of a feature, C classes, B batch, S side of an image in
// pixels.
package evaluate
