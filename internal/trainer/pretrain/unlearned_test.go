package pretrain

import (
	"slices"
	"strings"
	"testing"

	"cmae/internal/losses"
	"cmae/internal/method"
	"cmae/internal/rundir"
)

func TestAskedAfter(t *testing.T) {
	for _, c := range []struct{ epochs, steps, want int }{
		{80, 100, 20}, {70, 46, 18}, {8, 1000, 2}, {8, 100, 5}, {1, 600, 1},
		{8, 10, 50}, // never
	} {
		if got := askedAfter(c.epochs, c.steps); got != c.want {
			t.Errorf("%d epochs of %d steps: %d, want %d", c.epochs, c.steps, got, c.want)
		}
	}
}

// TestUnlearned: a term is told of that is no better than its guess, which for InfoNCE is the
// logarithm of the keys to choose from.
func TestUnlearned(t *testing.T) {
	c := method.Default()
	c.Train.BatchSize, c.Contrast.Every = 128, 2 // log 64 = 4.16
	terms := method.Of(c).Terms(c)
	for _, v := range []struct {
		contrast, reconstruct float64
		want                  []string
	}{
		{3.9, 0.9, nil},
		{
			4.1, 0.9,
			[]string{"contrast: after 2 of 8 epochs its loss is 4.1, and 4.16 where nothing"},
		},
		{3.9, 0.99, []string{"reconstruct: after 2 of 8 epochs its loss is 0.99, and 1 where"}},
	} {
		row := rundir.Row{Epoch: 1, Values: map[string]float64{
			"terms.contrast": v.contrast, "terms.reconstruct": v.reconstruct, "terms.location": 63,
		}}
		got := unlearned(terms, row, 8)
		if !slices.EqualFunc(got, v.want, strings.HasPrefix) {
			t.Errorf("%v: %q", v, got)
		}
	}
	c.Contrast.QueueSize, c.Contrast.ScaleByTau, c.Contrast.Tau = 1023, true, 0.25
	c.Reconstruct.NormPix = false
	for _, term := range method.Of(c).Terms(c) {
		want := map[string]float64{"contrast": losses.ContrastGuess(1023, 0.25, true)}[term.Name]
		if term.Guess != want {
			t.Errorf("%s: guess %g, want %g", term.Name, term.Guess, want)
		}
	}
	if got := losses.ContrastGuess(3, 0.25, true); got != 0.6931471805599453 { // log 4 / 2
		t.Errorf("guess among 4 keys: %g", got)
	}
}
