package probe

import (
	"context"
	"errors"
	"math"
	"reflect"
	"testing"

	"cmae/internal/evaluate"
	"cmae/internal/evaluate/evaltest"
	"cmae/internal/evaluate/features"
	"cmae/internal/fault"
	"cmae/internal/kernel"
	"cmae/internal/recipe"
)

func trainer(t testing.TB, threads, classes int) Trainer {
	c := recipe.DefaultProbe()
	c.Epochs, c.WarmupEpochs, c.BatchSize = 40, 2, 32
	return Trainer{
		Config: c, Engine: evaltest.Engine(t, threads), Seed: 4, Classes: evaltest.Names(classes),
	}
}

func run(t *testing.T, p Trainer, train, test features.Set) evaluate.Result {
	t.Helper()
	r, err := p.Cached(context.Background(), train, test)
	if err != nil {
		t.Fatal(err)
	}
	r.MeasureSeconds = 0
	return r
}

func TestProbeLearnsClusters(t *testing.T) {
	for _, test := range []struct {
		name             string
		images, batch    int
		classes          int
		least            float64
		wantBatch, steps int
	}{
		{"even batches", 640, 32, 4, .95, 32, 20},
		{"last batch dropped", 333, 32, 6, .95, 32, 10},
		{"batch above the images", 150, 256, 3, .95, 150, 1},
		{"two images a batch", 41, 2, 2, 0, 2, 20},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := trainer(t, 2, test.classes)
			p.Config.BatchSize = test.batch
			r := run(
				t, p, evaltest.Clusters(test.images, 12, test.classes, 3, 1),
				evaltest.Clusters(205, 12, test.classes, 3, 2),
			)
			if r.Accuracy < test.least {
				t.Errorf("accuracy %g, want %g: %+v", r.Accuracy, test.least, r.Curve)
			}
			if r.Probe.BatchSize != test.wantBatch || r.Probe.Steps != test.steps {
				t.Errorf(
					"batch %d, steps %d; want %d, %d", r.Probe.BatchSize, r.Probe.Steps,
					test.wantBatch, test.steps,
				)
			}
			if (r.Top5 != nil) != (test.classes > 5) || len(r.Curve) != p.Config.Epochs {
				t.Errorf("top 5 %v, %d epochs", r.Top5, len(r.Curve))
			}
		})
	}
}

// TestProbeAtChance: four classes without relation to the features; 4 standard deviations of 800
// guesses are .06.
func TestProbeAtChance(t *testing.T) {
	train := evaltest.Shuffled(evaltest.Clusters(800, 12, 4, 3, 1), 4)
	test := evaltest.Clusters(800, 12, 4, 3, 2)
	if r := run(
		t, trainer(t, 2, 4), train, evaltest.Shuffled(test, 4),
	); math.Abs(r.Accuracy-.25) > .06 {
		t.Errorf("accuracy %g on labels that mean nothing", r.Accuracy)
	}
}

func TestProbeIsDeterministic(t *testing.T) {
	train, test := evaltest.Clusters(200, 12, 3, .3, 1), evaltest.Clusters(100, 12, 3, .3, 2)
	first := run(t, trainer(t, 1, 3), train, test)
	if again := run(t, trainer(t, 2, 3), train, test); !reflect.DeepEqual(first, again) {
		t.Errorf("two threads: %+v, one: %+v", again.Curve, first.Curve)
	}
	other := trainer(t, 1, 3)
	other.Seed++
	if run(t, other, train, test).Curve[0].Loss == first.Curve[0].Loss {
		t.Error("another seed gives the same loss")
	}
}

// TestFirstLoss computes BatchNorm, Linear and cross-entropy by hand; the tolerance is float32's.
func TestFirstLoss(t *testing.T) {
	const batch, dim, classes = 10, 3, 4
	s := evaltest.Clusters(batch, dim, classes, 1, 1)
	h, err := newHead(evaltest.Engine(t, 1), dim, classes, batch, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer h.close()
	weight := make([]float32, dim*classes)
	h.engine.Download(kernel.Bytes(weight), h.params[0].Value)
	got, err := h.step(s.Values, s.Labels, .1)
	if err != nil {
		t.Fatal(err)
	}
	mean, variance := columnStatistics(s.Values, dim)
	want := 0.0
	for i, label := range s.Labels {
		var logits [classes]float64
		sum := 0.0
		for c := range logits {
			for j, v := range s.Row(i) {
				logits[c] += float64(weight[c*dim+j]) * (float64(v) - mean[j]) / math.Sqrt(
					variance[j]+evaluate.BatchNormEps,
				)
			}
			sum += math.Exp(logits[c])
		}
		want += (math.Log(sum) - logits[label]) / batch
	}
	if math.Abs(got-want) > 1e-6 {
		t.Errorf("loss %g, want %g", got, want)
	}
	for j := range mean { // from 0 and 1, a tenth of the way
		wantMean, wantVariance := .1*mean[j], .9+.1*variance[j]*batch/(batch-1)
		if math.Abs(h.running.mean[j]-wantMean) > 1e-9 ||
			math.Abs(h.running.variance[j]-wantVariance) > 1e-9 {
			t.Errorf(
				"column %d: running %g, %g; want %g, %g", j, h.running.mean[j],
				h.running.variance[j], wantMean, wantVariance,
			)
		}
	}
}

// columnStatistics are the mean and biased variance of columns.
func columnStatistics(x []float32, dim int) (mean, variance []float64) {
	mean, variance = make([]float64, dim), make([]float64, dim)
	n := float64(len(x) / dim)
	for i, v := range x {
		mean[i%dim] += float64(v) / n
	}
	for i, v := range x {
		d := float64(v) - mean[i%dim]
		variance[i%dim] += d * d / n
	}
	return mean, variance
}

func TestProbeStopsWhenCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	p := trainer(t, 1, 2)
	epochs := 0
	p.Progress = func(evaluate.Epoch) { epochs++; cancel() }
	s := evaltest.Clusters(100, 4, 2, 1, 1)
	if _, err := p.Cached(ctx, s, s); !errors.Is(err, context.Canceled) || epochs != 1 {
		t.Errorf("after %d epochs: %v", epochs, err)
	}
}

func TestProbeReportsDivergence(t *testing.T) {
	p := trainer(t, 1, 2)
	p.Config.BaseLR = 1e300
	s := evaltest.Clusters(100, 4, 2, 1, 1)
	if _, err := p.Cached(context.Background(), s, s); !errors.Is(err, fault.NonFinite) {
		t.Errorf("got %v", err)
	}
}

// TestProtocols runs both on images of three shades, whose pixels are features enough, with one
// loader worker and with three.
func TestProtocols(t *testing.T) {
	for _, protocol := range []recipe.Protocol{recipe.Cached, recipe.Augmented} {
		t.Run(string(protocol), func(t *testing.T) {
			var results []evaluate.Result
			for _, workers := range []int{1, 3} {
				p := trainer(t, 1, 3)
				p.Config.Protocol, p.Config.BatchSize = protocol, 33
				e := features.Pixels(3, 8)
				e.Batch = 7 // neither a divisor of the probe's batch nor of a split
				r, err := p.Run(
					context.Background(), e, evaltest.Shades(70), evaltest.Shades(31),
					evaltest.Loading(workers),
				)
				if err != nil {
					t.Fatal(err)
				}
				r.EncodeSeconds, r.MeasureSeconds = 0, 0
				results = append(results, r)
			}
			if results[0].Accuracy < .95 || results[0].Probe.Protocol != protocol ||
				results[0].Probe.Steps != 2 {
				t.Errorf("%+v", results[0])
			}
			if !reflect.DeepEqual(results[0], results[1]) {
				t.Error("the number of workers changes the result")
			}
		})
	}
}

func BenchmarkProbe(b *testing.B) {
	train, test := evaltest.Clusters(5000, 96, 10, .2, 1), evaltest.Clusters(1000, 96, 10, .2, 2)
	p := Trainer{
		Config: recipe.DefaultProbe(), Engine: evaltest.Engine(b, 2), Classes: evaltest.Names(10),
	}
	for b.Loop() {
		if _, err := p.Cached(context.Background(), train, test); err != nil {
			b.Fatal(err)
		}
	}
}

// TestClassWeights: where the classes overlap and one has most of the images, that one wins all
// that is undecided, unless every class counts alike.
func TestClassWeights(t *testing.T) {
	all := evaltest.Clusters(900, 4, 3, .5, 1)
	var uneven []int
	for i, label := range all.Labels {
		if label == 0 || i < 60 {
			uneven = append(uneven, i)
		}
	}
	train, test := all.Pick(uneven), evaltest.Clusters(600, 4, 3, .5, 2)
	p := trainer(t, 1, 3)
	plain := run(t, p, train, test)
	p.Config.ClassWeights = recipe.BalancedWeights
	balanced := run(t, p, train, test)
	if plain.Balanced > balanced.Balanced-.05 {
		t.Errorf(
			"balanced accuracy %.3f without weights, %.3f with", plain.Balanced, balanced.Balanced,
		)
	}
}
