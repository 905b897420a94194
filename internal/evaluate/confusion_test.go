package evaluate_test

import (
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"cmae/internal/evaluate"
	"cmae/internal/evaluate/evaltest"
)

func TestConfusion(t *testing.T) {
	v := evaluate.NewConfusion(evaltest.Names(4)) // the last has no test images
	for _, image := range []struct {
		scores []float32
		label  int32
	}{
		{[]float32{3, 1, 2, 0}, 0}, {[]float32{3, 1, 2, 0}, 2}, {[]float32{1, 1, 0, 0}, 1},
		{[]float32{0, 5, 0, 0}, 1},
	} {
		v.AddScores(image.label, image.scores)
	}
	want := [][]int{{1, 0, 0, 0}, {1, 1, 0, 0}, {1, 0, 0, 0}, {0, 0, 0, 0}}
	if diff := cmp.Diff(want, v.Matrix()); diff != "" {
		t.Error(diff)
	}
	s := v.Score()
	if s.Accuracy != .5 || s.Top5 != nil || s.PerClass[1].Correct != 1 || s.PerClass[1].Total != 2 {
		t.Errorf("%+v", s)
	}
	// accuracies 1, 1/2, 0; F1 2*1/(1+3), 2*1/(2+1), 0
	if s.Balanced != .5 || math.Abs(s.MacroF1-(.5+2./3)/3) > 1e-12 {
		t.Errorf("balanced accuracy %g, macro F1 %g", s.Balanced, s.MacroF1)
	}
	var text strings.Builder
	if err := s.WriteClasses(&text); err != nil ||
		!strings.Contains(text.String(), "no test images") {
		t.Errorf("%v\n%s", err, &text)
	}
}
