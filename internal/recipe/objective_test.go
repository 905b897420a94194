package recipe

import (
	"math"
	"strings"
	"testing"

	"cmae/internal/config"
)

// TestRefusals: an error names the key and says in the user's terms what is wrong.
func TestRefusals(t *testing.T) {
	check := func(c Pretrain) error {
		for _, section := range []struct {
			name     string
			settings any
		}{
			{"mask", c.Mask}, {"reconstruct", c.Reconstruct}, {"contrast", c.Contrast},
			{"location", c.Location},
		} {
			if err := config.Check(section.name, section.settings); err != nil {
				return err
			}
		}
		return nil
	}
	if err := check(DefaultPretrain()); err != nil {
		t.Fatalf("the default: %v", err)
	}
	for _, c := range []struct {
		want   string
		change func(c *Pretrain)
	}{
		{
			"location.hidden: 99999999999 must be between",
			func(c *Pretrain) { c.Location.Hidden = 99999999999 },
		},
		{
			"contrast.queue_size: 99999999999 must be between",
			func(c *Pretrain) { c.Contrast.QueueSize = 99999999999 },
		},
		{"contrast.hidden: 1000000 must be between", func(c *Pretrain) { c.Contrast.Hidden = 1e6 }},
		{"contrast.out: 1000000000 must be between", func(c *Pretrain) { c.Contrast.Out = 1e9 }},
		{"contrast.layers: 1000 must be between", func(c *Pretrain) { c.Contrast.Layers = 1000 }},
		{"mask.ratio: 1 must be above 0 and below 1", func(c *Pretrain) { c.Mask.Ratio = 1 }},
		{"mask.ratio: 0 must be above 0 and below 1", func(c *Pretrain) { c.Mask.Ratio = 0 }},
		{
			"reconstruct.weight: -1 must be at least 0",
			func(c *Pretrain) { c.Reconstruct.Weight = -1 },
		},
		{"contrast.weight: -1 must be at least 0", func(c *Pretrain) { c.Contrast.Weight = -1 }},
		{"location.weight: -1 must be at least 0", func(c *Pretrain) { c.Location.Weight = -1 }},
		{"contrast.tau: 0 must be above 0", func(c *Pretrain) { c.Contrast.Tau = 0 }},
		{"contrast.momentum: 1.5", func(c *Pretrain) { c.Contrast.Momentum = 1.5 }},
		{
			"contrast.momentum_schedule",
			func(c *Pretrain) { c.Contrast.MomentumSchedule = "linear" },
		},
		{"contrast.queue_size: -1", func(c *Pretrain) { c.Contrast.QueueSize = -1 }},
		{
			"contrast.layers: 0 must be between 1 and 256",
			func(c *Pretrain) { c.Contrast.Layers = 0 },
		},
		{"contrast.out: 0 must be between 1 and 262144", func(c *Pretrain) { c.Contrast.Out = 0 }},
		{
			`contrast.pool: "max" is not one of mean, cls, mean+cls`,
			func(c *Pretrain) { c.Contrast.Pool = "max" },
		},
		{
			`contrast.query: "split" is not one of restored, visible`,
			func(c *Pretrain) { c.Contrast.Query = "split" },
		},
		{
			`contrast.key: "restored" is not one of split, full, visible`,
			func(c *Pretrain) { c.Contrast.Key = "restored" },
		},
		{"location.hidden: -1", func(c *Pretrain) { c.Location.Hidden = -1 }},
		{"location.drop_position: 2", func(c *Pretrain) { c.Location.DropPosition = 2 }},
		{
			`location.activation: "relu" is not one of gelu, none`,
			func(c *Pretrain) { c.Location.Activation = "relu" },
		},
		{
			`location.target: "xy" is not one of index, rowcol`,
			func(c *Pretrain) { c.Location.Target = "xy" },
		},
		{`location.loss: "l1" is not one of l2, ce`, func(c *Pretrain) { c.Location.Loss = "l1" }},
		{
			"location.reduction: mean applies to location.loss l2",
			func(c *Pretrain) { c.Location.Loss, c.Location.Reduction = "ce", "mean" },
		},
	} {
		changed := DefaultPretrain()
		c.change(&changed)
		if err := check(changed); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %q", err, c.want)
		}
	}
}

func TestHiddenFor(t *testing.T) {
	k := DefaultPretrain().Contrast
	for dim, want := range map[int]int{96: 384, 384: 1536, 768: 4096, 1024: 4096} {
		if got := k.HiddenFor(dim); got != want {
			t.Errorf("hidden width for %d is %d, want %d", dim, got, want)
		}
	}
}

// TestMomentumSchedule: from m0 along a half cosine to 1 (spec 1.2).
func TestMomentumSchedule(t *testing.T) {
	c := DefaultPretrain().Contrast
	for step, want := range map[int]float64{0: 0.99, 50: 0.995, 100: 1} {
		if got := c.MomentumAt(step, 100); math.Abs(got-want) > 1e-15 {
			t.Errorf("step %d: %v, want %v", step, got, want)
		}
	}
	c.MomentumSchedule = "constant"
	if got := c.MomentumAt(77, 100); got != 0.99 {
		t.Errorf("constant is %v", got)
	}
}

// TestVisible follows V = floor(N (1-r)) in double precision, as reference vectors do: 25 of .6
// leaves 10, 100 of .9 leaves 9.
func TestVisible(t *testing.T) {
	for _, c := range []struct {
		n     int
		ratio float64
		want  int
	}{{196, .75, 49}, {64, .75, 16}, {25, .6, 10}, {9, .8, 1}, {49, .75, 12}, {100, .9, 9}} {
		if got := (Mask{Ratio: c.ratio}).Visible(c.n); got != c.want {
			t.Errorf("%d patches at %v: %d visible, want %d", c.n, c.ratio, got, c.want)
		}
	}
}

// TestKeyVisible: the key's ratio is the query's where it has none of its own.
func TestKeyVisible(t *testing.T) {
	for _, c := range []struct {
		mask Mask
		want int
	}{{Mask{Ratio: .75}, 16}, {Mask{Ratio: .75, KeyRatio: .5}, 32}} {
		if got := c.mask.KeyVisible(64); got != c.want {
			t.Errorf("%+v: %d visible, want %d", c.mask, got, c.want)
		}
	}
}
