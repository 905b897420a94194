package optim

import (
	"math"
	"strings"
	"testing"

	"cmae/internal/config"
)

// TestSchedule: linear from 0 to base_lr batch/256, half a cosine down to min_lr.
func TestSchedule(t *testing.T) {
	c := Default()
	c.BaseLR, c.MinLR, c.WarmupEpochs = 1e-3, 1e-5, 10
	const peak = 2e-3 // batch 512
	for epoch, want := range map[float64]float64{
		0: 0, 2.5: peak / 4, 10: peak, 35: c.MinLR +
			(peak-c.MinLR)*(1+math.Sqrt2/2)/2, 60: (peak + c.MinLR) / 2, 110: c.MinLR,
	} {
		if got := c.RateAt(epoch, 110, 512); math.Abs(got-want) > 1e-15 {
			t.Errorf("epoch %v: %v, want %v", epoch, got, want)
		}
	}
	c.WarmupEpochs = 0
	if got := c.RateAt(0, 10, 256); got != c.BaseLR {
		t.Errorf("without warm-up it starts at %v", got)
	}
}

// TestStepSchedule: the rate of MoCo's step schedule, in epochs or in shares of all of them, with a
// floor.
func TestStepSchedule(t *testing.T) {
	c := Default()
	c.BaseLR, c.MinLR, c.WarmupEpochs, c.Schedule = 0.03, 4e-4, 1, ScheduleStep
	for _, milestones := range [][]float64{{120, 160}, {0.6, 0.8}} {
		c.Milestones = milestones
		for epoch, want := range map[float64]float64{
			0.5: 0.015, 1: 0.03, 119.9: 0.03, 120: 0.003, 159.9: 0.003, 160: 4e-4, 199: 4e-4,
		} {
			if got := c.RateAt(epoch, 200, 256); math.Abs(got-want) > 1e-15 {
				t.Errorf("milestones %v, epoch %v: %v, want %v", milestones, epoch, got, want)
			}
		}
	}
}

func TestRefusals(t *testing.T) {
	if err := config.Check("optim", Default()); err != nil {
		t.Fatal(err)
	}
	for key, change := range map[string]func(c *Config){
		"base_lr":       func(c *Config) { c.BaseLR = 0 },
		"min_lr":        func(c *Config) { c.MinLR = -1 },
		"warmup_epochs": func(c *Config) { c.WarmupEpochs = -1 },
		"weight_decay":  func(c *Config) { c.WeightDecay = -1 },
		"beta1":         func(c *Config) { c.Beta1 = 1 },
		"beta2":         func(c *Config) { c.Beta2 = -0.1 },
		"eps":           func(c *Config) { c.Eps = 0 },
		"clip_norm":     func(c *Config) { c.ClipNorm = -1 },
		"kind":          func(c *Config) { c.Kind = "adam" },
		"schedule":      func(c *Config) { c.Schedule = "linear" },
		"momentum":      func(c *Config) { c.Kind, c.Momentum = KindSGD, 1 },
	} {
		c := Default()
		change(&c)
		if err := config.Check("optim", c); err == nil ||
			!strings.HasPrefix(err.Error(), "optim."+key+": ") {
			t.Errorf("%s: %v", key, err)
		}
	}
}

// TestForeignSettings: what the chosen optimizer or schedule does not have is refused, whatever
// command's defaults it comes with.
func TestForeignSettings(t *testing.T) {
	step := func(c *Config) { c.Schedule, c.Milestones = ScheduleStep, []float64{0.6, 0.8} }
	for name, c := range map[string]struct {
		change func(c *Config)
		key    string // "" is accepted
	}{
		"sgd": {func(c *Config) { c.Kind = KindSGD }, ""},
		"sgd with beta1": {
			func(c *Config) { c.Kind, c.Beta1 = KindSGD, 0.8 }, "optim.beta1",
		},
		"sgd with beta2": {
			func(c *Config) { c.Kind, c.Beta2 = KindSGD, 0.99 }, "optim.beta2",
		},
		"sgd with eps":        {func(c *Config) { c.Kind, c.Eps = KindSGD, 1e-6 }, "optim.eps"},
		"adamw with momentum": {func(c *Config) { c.Momentum = 0.8 }, "optim.momentum"},
		"step":                {step, ""},
		"step without milestones": {
			func(c *Config) { c.Schedule = ScheduleStep }, "optim.milestones",
		},
		"cosine with milestones": {
			func(c *Config) { c.Milestones = []float64{5} }, "optim.milestones",
		},
		"cosine with gamma": {
			func(c *Config) { c.Gamma = 0.2 }, "optim.gamma",
		},
		"gamma above 1": {func(c *Config) { step(c); c.Gamma = 2 }, "optim.gamma"},
		"not ascending": {
			func(c *Config) { step(c); c.Milestones = []float64{8, 6} }, "optim.milestones",
		},
		"shares and epochs": {
			func(c *Config) { step(c); c.Milestones = []float64{0.5, 80} }, "optim.milestones",
		},
		"zero": {
			func(c *Config) { step(c); c.Milestones = []float64{0, 80} }, "optim.milestones",
		},
	} {
		for _, base := range []Config{Default(), DefaultFinetune()} {
			c.change(&base)
			err := config.Check("optim", base)
			if (err == nil) != (c.key == "") || err != nil &&
				!strings.HasPrefix(err.Error(), c.key+": ") {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func TestValidateEpochs(t *testing.T) {
	c := Default()
	c.Schedule, c.Milestones = ScheduleStep, []float64{120, 160}
	for epochs, want := range map[int]string{
		200: "", 160: "optim.milestones: 160", 2: "optim.warmup_epochs: 2",
	} {
		if err := c.ValidateEpochs(epochs); (err == nil) != (want == "") || err != nil &&
			!strings.HasPrefix(err.Error(), want) {
			t.Errorf("%d epochs: %v", epochs, err)
		}
	}
}

// TestWithin: defaults fit short runs, and stay in others.
func TestWithin(t *testing.T) {
	for epochs, want := range map[int]float64{1: .25, 2: .5, 3: 2, 800: 2} {
		c := Default().Within(epochs)
		if err := c.ValidateEpochs(epochs); c.WarmupEpochs != want || err != nil {
			t.Errorf("%d epochs: warm-up %g, %v", epochs, c.WarmupEpochs, err)
		}
	}
}

// TestMilestoneSharesOfShortRuns: shares of one epoch round to its end, where no rate falls any
// more.
func TestMilestoneSharesOfShortRuns(t *testing.T) {
	c := Default()
	c.Schedule, c.Milestones, c.WarmupEpochs, c.BaseLR = ScheduleStep, []float64{.6, .8}, 0, .5
	if err := c.ValidateEpochs(1); err != nil {
		t.Fatal(err)
	}
	if got, want := c.RateAt(.99, 1, 256), c.Rate(256); got != want {
		t.Errorf("rate %g, want %g", got, want)
	}
}
