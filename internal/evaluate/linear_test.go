package evaluate_test

import (
	"math"
	"testing"

	"cmae/internal/evaluate"
	"cmae/internal/evaluate/evaltest"
)

// TestHeadClassifiesAsTheProbeDid: what a probe hands on gives the accuracy that it reported, and
// probabilities.
func TestHeadClassifiesAsTheProbeDid(t *testing.T) {
	train, test := evaltest.Clusters(200, 12, 6, .4, 1), evaltest.Clusters(150, 12, 6, .4, 2)
	r := run(t, trainer(t, 1, 6), train, test)
	v := evaluate.NewConfusion(evaltest.Names(6))
	for i, label := range test.Labels {
		scores, sum := []float32{}, 0.0
		for _, p := range r.Head.Probabilities(test.Row(i)) {
			scores, sum = append(scores, float32(p)), sum+p
		}
		if math.Abs(sum-1) > 1e-12 {
			t.Fatalf("probabilities of image %d sum to %g", i, sum)
		}
		v.AddScores(label, scores)
	}
	if got := v.Score().Accuracy; got != r.Accuracy || got < .3 || got > .99 {
		t.Errorf(
			"accuracy %g, the probe's %g; both must be equal and neither trivial", got, r.Accuracy,
		)
	}
}

// TestPlainHead has no BatchNorm; logits 1, 3 and 2 by hand.
func TestPlainHead(t *testing.T) {
	h := evaluate.LinearHead{
		Classes: evaltest.Names(3), Weight: []float32{1, 0, 0, 1, 1, 1}, Bias: []float32{0, 2, 0},
	}
	p := h.Probabilities([]float32{1, 1})
	sum := math.Exp(1) + math.Exp(3) + math.Exp(2)
	for c, logit := range []float64{1, 3, 2} {
		if want := math.Exp(logit) / sum; math.Abs(p[c]-want) > 1e-12 {
			t.Errorf("class %d: %g, want %g", c, p[c], want)
		}
	}
	h = evaluate.LinearHead{
		Classes: evaltest.Names(2), Weight: []float32{1e4, -1e4}, Bias: []float32{0, 0},
	}
	if p := h.Probabilities([]float32{1e4}); p[0] != 1 || p[1] != 0 {
		t.Errorf("huge logits give %v", p)
	}
}
