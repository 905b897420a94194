package evaluate_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"cmae/internal/evaluate"
	"cmae/internal/evaluate/evaltest"
)

func TestConfusion(t *testing.T) {
	v := evaluate.NewConfusion(evaltest.Names(3))
	for _, image := range []struct {
		scores []float32
		label  int32
	}{
		{[]float32{3, 1, 2}, 0}, {[]float32{3, 1, 2}, 2}, {[]float32{1, 1, 0}, 1},
		{[]float32{0, 5, 0}, 1},
	} {
		v.Add(image.scores, image.label)
	}
	if diff := cmp.Diff([][]int{{1, 0, 0}, {1, 1, 0}, {1, 0, 0}}, v.Matrix()); diff != "" {
		t.Error(diff)
	}
	s := v.Score()
	if s.Accuracy != .5 || s.Top5 != nil || s.PerClass[1].Correct != 1 || s.PerClass[1].Total != 2 {
		t.Errorf("%+v", s)
	}
}
