package recipe

import (
	"slices"
	"testing"
)

func TestClassWeights(t *testing.T) {
	counts := []int{60, 5, 0, 10, 5}
	if got := NoWeights.Of(counts); got != nil {
		t.Errorf("none: %v", got)
	}
	got, want := BalancedWeights.Of(counts), []float32{80. / 240, 4, 1, 2, 4}
	if !slices.Equal(got, want) {
		t.Errorf("balanced: %v, want %v", got, want)
	}
}
