package contrastivecrop

import (
	"slices"
	"testing"
)

func TestSchedule(t *testing.T) {
	for _, c := range []struct {
		name            string
		start, interval float64
		epochs          int
		want            []int
	}{
		{"paper", .2, .2, 300, []int{60, 120, 180, 240}},
		{"short", .2, .2, 5, []int{1, 2, 3, 4}},
		{"rounded up", .2, .2, 12, []int{3, 6, 9}},
		{"one epoch", .2, .2, 1, nil},
		{"from the start", 0, .5, 10, []int{0, 5}},
		{"never", 1, .2, 10, nil},
		{"every epoch", .5, .01, 6, []int{3, 4, 5}},
	} {
		cfg := Default()
		cfg.Enabled, cfg.Start, cfg.Interval = true, c.start, c.interval
		if got := cfg.RefreshEpochs(c.epochs); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
		for e := range c.epochs {
			if want := len(c.want) > 0 && e >= c.want[0]; cfg.Active(e, c.epochs) != want {
				t.Errorf("%s: active in epoch %d is %v", c.name, e, !want)
			}
		}
	}
	cfg := Default()
	cfg.Enabled, cfg.Source = true, Constant
	if !cfg.Active(0, 10) || cfg.RefreshEpochs(10) != nil {
		t.Error("the constant box must be active from the first epoch, without a refresh")
	}
	if off := Default(); off.Active(9, 10) || off.RefreshEpochs(10) != nil {
		t.Error("active although not enabled")
	}
}
