// Package evaluate says what evaluations of an encoder have in common: settings, results, and how
// predictions are counted. Each evaluation is a package below it, and a protocol whose figures
// are never mixed with another's (spec 5): features (whole images through an encoder that is
// trained no more), probe (a linear classifier on them), knn (a vote of neighbours).
//
// Reading order, with what a user may ask in recipe.Probe: result.go (what an evaluation reports),
// kept.go (results in the folder of a run), score.go (how predictions are counted), folds.go
// (cross-validation), linear.go (a trained classifier), text.go (for a terminal).
//
// Letters: n images of a split, D values of a feature, C classes, B batch, S side of an image in
// pixels.
package evaluate
