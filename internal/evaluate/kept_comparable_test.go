package evaluate_test

import (
	"testing"

	"cmae/internal/evaluate"
)

// TestComparable: results on other images, or by another vote or probe, are not held against each
// other; the rate that a probe has chosen is its own.
func TestComparable(t *testing.T) {
	on := func(data string) *evaluate.Basis {
		return &evaluate.Basis{Data: data, Train: data, Side: 32}
	}
	knn := func(k int, on *evaluate.Basis) evaluate.Kept {
		return evaluate.Kept{
			Result: evaluate.Result{
				Method: evaluate.KNN, KNN: &evaluate.KNNSettings{K: k, Tau: .07},
			},
			On: on,
		}
	}
	probe := func(epochs int, rate float64) evaluate.Kept {
		return evaluate.Kept{Result: evaluate.Result{
			Method: "linear", Probe: &evaluate.ProbeSettings{Epochs: epochs, BaseLR: rate},
		}}
	}
	for _, c := range []struct {
		a, b evaluate.Kept
		want bool
	}{
		{knn(20, on("a")), knn(20, on("a")), true}, {knn(20, on("a")), knn(20, on("b")), false},
		{knn(20, on("a")), knn(5, on("a")), false}, {knn(20, on("a")), knn(20, nil), true},
		{probe(90, .1), probe(90, 20), true}, {probe(90, .1), probe(10, .1), false},
		{probe(90, .1), knn(20, nil), false},
	} {
		if got := c.a.Comparable(c.b); got != c.want {
			t.Errorf("%+v and %+v: %v", c.a, c.b, got)
		}
	}
}
