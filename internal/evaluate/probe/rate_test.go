package probe

import (
	"context"
	"errors"
	"reflect"
	"testing"

	"cmae/internal/evaluate"
	"cmae/internal/evaluate/evaltest"
)

// TestAutoRate: rates are tried from the largest down until one is worse, the best is taken, and
// what is tried has no part in what the probe then learns.
func TestAutoRate(t *testing.T) {
	train, test := evaltest.Clusters(600, 24, 30, .5, 1), evaltest.Clusters(300, 24, 30, .5, 2)
	p := trainer(t, 2, 30)
	tried := map[bool]int{}
	p.Progress = func(e evaluate.Epoch) { tried[e.Trial]++ }
	r := run(t, p, train, test)
	trials := r.Probe.Trials
	if len(trials) < 2 || trials[0].BaseLR != largestLR ||
		tried[true] != len(trials)*p.Config.Epochs || tried[false] != p.Config.Epochs {
		t.Fatalf("tried %+v in %v epochs", trials, tried)
	}
	for i, trial := range trials[1:] {
		if trial.BaseLR >= trials[i].BaseLR ||
			(trial.Accuracy < trials[i].Accuracy) !=
				(i == len(trials)-2 && trial.BaseLR/smallerLR >= leastLR) {
			t.Errorf("trials %+v", trials)
		}
	}
	best := trials[0]
	for _, trial := range trials {
		if trial.Accuracy > best.Accuracy {
			best = trial
		}
	}
	p.Config.BaseLR = best.BaseLR
	same := run(t, p, train, test)
	if same.Probe.Trials != nil || r.Probe.BaseLR != best.BaseLR ||
		!reflect.DeepEqual(same.Curve, r.Curve) {
		t.Errorf(
			"auto took %g of %+v, and with it as a setting the curve is another", r.Probe.BaseLR,
			trials,
		)
	}
}

// TestAutoRateLooksAtTrainingImagesOnly: other test images, the same rates.
func TestAutoRateLooksAtTrainingImagesOnly(t *testing.T) {
	train, p := evaltest.Clusters(200, 12, 5, .5, 1), trainer(t, 1, 5)
	one, other := run(t, p, train, evaltest.Clusters(50, 12, 5, .5, 2)), run(
		t, p, train, evaltest.Shuffled(evaltest.Clusters(50, 12, 5, .5, 3), 5),
	)
	if len(one.Probe.Trials) == 0 || !reflect.DeepEqual(one.Probe.Trials, other.Probe.Trials) {
		t.Errorf("%+v and %+v", one.Probe.Trials, other.Probe.Trials)
	}
}

// TestAutoRateOfLittle: batches above 256 begin lower, and too few images to hold any back are no
// error.
func TestAutoRateOfLittle(t *testing.T) {
	p := trainer(t, 1, 2)
	p.Config.BatchSize = 512
	if r := run(
		t, p, evaltest.Clusters(700, 4, 2, 1, 1), evaltest.Clusters(20, 4, 2, 1, 2),
	); r.Probe.Trials[0].BaseLR != largestLR/2. {
		t.Errorf("batch 512: %+v", r.Probe.Trials)
	}
	if r := run(
		t, p, evaltest.Clusters(4, 4, 2, 1, 1), evaltest.Clusters(20, 4, 2, 1, 2),
	); r.Probe.Trials != nil ||
		r.Probe.BaseLR != largestLR {
		t.Errorf("4 images: %+v", r.Probe)
	}
	ctx, cancel := context.WithCancel(context.Background())
	p.Progress = func(e evaluate.Epoch) { cancel() }
	if _, err := p.Cached(
		ctx, evaltest.Clusters(100, 4, 2, 1, 1), evaltest.Clusters(20, 4, 2, 1, 2),
	); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
