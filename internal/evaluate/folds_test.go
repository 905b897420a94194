package evaluate_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"cmae/internal/evaluate"
	"cmae/internal/evaluate/evaltest"
	"cmae/internal/evaluate/features"
	"cmae/internal/evaluate/knn"
	"cmae/internal/fault"
)

// TestCrossValidate: every image is a test image once and never beside itself, every fold has its
// share of each class, and the score is that of all images.
func TestCrossValidate(t *testing.T) {
	const images, classes, k = 61, 3, 5
	all := evaltest.Clusters(images, 4, classes, 3, 1)
	names := evaltest.Names(classes)
	tested := map[[4]float32]int{}
	correct := 0
	r, err := evaluate.CrossValidate(context.Background(), all, names, k, 1, func(
		ctx context.Context, train, test features.Set,
	) (evaluate.Result, error) {
		if train.Len()+test.Len() != images || test.Len() < 12 {
			t.Errorf("%d and %d images", train.Len(), test.Len())
		}
		counts := make([]int, classes)
		for i, label := range test.Labels {
			tested[[4]float32(test.Row(i))]++
			counts[label]++
		}
		if slices.Min(counts) < 4 {
			t.Errorf("a fold has %v of the classes", counts)
		}
		r, err := knn.Vote(ctx, evaltest.Engine(t, 1), train, test, 3, .07, names)
		for _, c := range r.PerClass {
			correct += c.Correct
		}
		return r, err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(tested) != images || r.Test != images || r.Folds.K != k || len(r.Folds.Accuracy) != k {
		t.Errorf("%d images tested: %+v", len(tested), r)
	}
	if got := r.Accuracy * images; int(got+.5) != correct {
		t.Errorf("accuracy %g of %d images, %d were right", r.Accuracy, images, correct)
	}
	for _, k := range []int{1, images + 1} {
		_, err := evaluate.CrossValidate(context.Background(), all, names, k, 1, nil)
		if !errors.Is(err, fault.Usage) {
			t.Errorf("%d folds: %v", k, err)
		}
	}
}
