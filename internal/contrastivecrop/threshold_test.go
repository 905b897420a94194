package contrastivecrop

import (
	"math"
	"testing"
)

// The thresholds were worked out by hand.
func TestThresholds(t *testing.T) {
	two := []float32{.1, .9, 0, 1, .2, .8} // groups .1 0 .2 and .9 1 .8
	for _, c := range []struct {
		name   string
		config Config
		heat   []float32
		want   float32
	}{
		{"fixed", Config{Rule: Fixed, Threshold: .3}, two, .3},
		{"a third is colder", Config{Rule: Quantile, Threshold: 1. / 3}, two, .1},
		{"half is colder", Config{Rule: Quantile, Threshold: .5}, two, .2},
		{"all but one", Config{Rule: Quantile, Threshold: .99}, two, .9},
		{"no share", Config{Rule: Quantile}, two, 0},
		{"equal and hottest", Config{Rule: Quantile, Threshold: .5}, []float32{0, 1, 1, 1}, 0},
		{"two groups", Config{Rule: Otsu, Threshold: .5}, two, .2},
		{"one hot", Config{Rule: Otsu}, []float32{0, 0, 0, 1}, 0},
		{"a pair", Config{Rule: Otsu}, []float32{0, .1, .9, 1}, .1},
	} {
		got, more := c.config.thresholdOf(c.heat), 0.
		if c.config.Rule != Fixed {
			more = 1e-6 // so that no rounding of interpolation reaches it
		}
		if math.Abs(got-float64(c.want)-more) > 1e-7 {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// TestRoundingIsNotHot: a patch that is no hotter than the threshold is not in the box, though
// interpolation at the map's rim comes to a rounding more than its value.
func TestRoundingIsNotHot(t *testing.T) {
	for i := 1; i < 400; i++ {
		v := float32(i) / 1000
		heat := []float32{0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, v}
		k := Config{Rule: Quantile, Threshold: 15. / 16}.thresholdOf(heat)
		got, _ := BoxAbove(heat, 4, 32, k)
		if want, _ := BoxAbove(heat, 4, 32, k+2e-6); got != want {
			t.Fatalf("a rim of %v: %v, want %v", v, got, want)
		}
	}
}

func TestAnnotate(t *testing.T) {
	truth := Box{.25, .25, .5, .75}
	of := NewBoxes(2, 8, Annotated, func(i int) (Box, bool) { return truth, i == 1 }).Lookup()
	if of(0) != Full || of(1) != truth {
		t.Errorf("boxes %v, %v", of(0), of(1))
	}
}
