package method_test

import (
	"math"
	"testing"

	"cmae/internal/config"
	"cmae/internal/method"
	"cmae/internal/recipe"
)

// TestPublishedRates: the learning rates of the published codes at their batches, as
// docs/published.md has them.
func TestPublishedRates(t *testing.T) {
	for _, c := range []struct {
		name   string
		source config.Source
		batch  int
		want   float64
	}{
		{"moco-v1", config.Source{Set: []string{"method=moco-v1"}}, 256, .03},
		{"moco-v2", config.Source{Set: []string{"method=moco-v2"}}, 256, .03},
		{"moco-v3", config.Source{Set: []string{"method=moco-v3"}}, 4096, 2.4e-3},
		{
			"MoCo on CIFAR-10", config.Source{File: "../../configs/paper/cifar10-moco-v1.yaml"},
			512, .06,
		},
	} {
		r, err := method.Load(method.Default(), c.source)
		if err != nil {
			t.Fatal(err)
		}
		if got := r.Optim.Rate(c.batch); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%s: rate %g, want %g", c.name, got, c.want)
		}
	}
	if got := recipe.DefaultFinetune().Optim.Rate(1024); math.Abs(got-2e-3) > 1e-12 {
		t.Errorf("finetuning: rate %g", got)
	}
}
