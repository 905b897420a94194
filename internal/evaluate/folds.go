package evaluate

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/stat"

	"cmae/internal/evaluate/features"
	"cmae/internal/fault"
	"cmae/internal/rng"
)

// Folds says that a result is one of cross-validation: every image was a test image once, of a
// classifier that had learned from the other folds.
type Folds struct {
	K        int       `json:"k"`
	Accuracy []float64 `json:"accuracy"` // of each fold
	SD       float64   `json:"sd"`       // of these, divided by K-1
}

// CrossValidate divides labelled features into k folds, each with its share of every class, has
// measure evaluate each fold by the others, and puts the scores together. A k that the images do
// not allow is fault.Usage.
func CrossValidate(
	ctx context.Context, all features.Set, classes []string, k int, seed uint64,
	measure func(ctx context.Context, train, test features.Set) (Result, error),
) (Result, error) {
	if k < 2 || k > all.Len() {
		return Result{}, fmt.Errorf(
			"%w: --folds: %d folds of %d images: give 2 or more, and no more than images",
			fault.Usage, k, all.Len(),
		)
	}
	fold := dealt(all.Labels, k, seed)
	var result Result
	var parts []Score
	for i := range k {
		if err := ctx.Err(); err != nil {
			return Result{}, err
		}
		var others, own []int
		for image, f := range fold {
			if f == i {
				own = append(own, image)
			} else {
				others = append(others, image)
			}
		}
		r, err := measure(ctx, all.Pick(others), all.Pick(own))
		if err != nil {
			return Result{}, fmt.Errorf("fold %d of %d: %w", i+1, k, err)
		}
		r.MeasureSeconds += result.MeasureSeconds
		for c, counts := range result.Confusion {
			for answer, n := range counts {
				r.Confusion[c][answer] += n
			}
		}
		result, parts = r, append(parts, r.Score)
	}
	result.Score, result.Folds = merge(parts), &Folds{K: k}
	for _, s := range parts {
		result.Folds.Accuracy = append(result.Folds.Accuracy, s.Accuracy)
	}
	result.Folds.SD = stat.StdDev(result.Folds.Accuracy, nil)
	result.Train, result.Test, result.EncodeSeconds = all.Len(), all.Len(), all.Seconds
	result.Best, result.Curve = nil, nil // of one fold
	return result, nil
}

// dealt is the fold of every image: those of a class, in an order that follows from the seed, go
// to the folds in turn, and the next class goes on where it ended.
func dealt(labels []int32, k int, seed uint64) []int {
	byClass := map[int32][]int{}
	last := int32(-1)
	for _, i := range rng.For(seed, rng.Folds).Perm(len(labels)) {
		byClass[labels[i]] = append(byClass[labels[i]], i)
		last = max(last, labels[i])
	}
	fold, next := make([]int, len(labels)), 0
	for class := range last + 1 {
		for _, i := range byClass[class] {
			fold[i] = next % k
			next++
		}
	}
	return fold
}

// merge is the score of images that were scored in parts, of the same classes.
func merge(parts []Score) Score {
	t := newTally(nil)
	t.perClass = make([]ClassScore, len(parts[0].PerClass))
	for _, s := range parts {
		images := 0
		for c, own := range s.PerClass {
			all := &t.perClass[c]
			all.Class = own.Class
			all.Correct += own.Correct
			all.Total += own.Total
			all.Predicted += own.Predicted
			images += own.Total
			t.correct += own.Correct
		}
		t.total += images
		if s.Top5 != nil {
			t.close += int(*s.Top5*float64(images) + .5)
		}
	}
	return t.Score()
}
