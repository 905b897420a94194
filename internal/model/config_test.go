package model

import (
	"math"
	"strings"
	"testing"

	"cmae/internal/config"
)

// valid is the default configuration on 32 pixel images.
func valid() Config {
	return Config{
		Side: 32, Encoder: DefaultEncoder(), Decoder: DefaultDecoder(), Mask: MaskConfig{Ratio: 0.75},
		Reconstruct: ReconstructConfig{Weight: 1}, Contrast: DefaultContrast(), Location: DefaultLocation(),
	}
}

// check validates the sections before what joins them, as all callers do.
func check(c Config) error {
	for _, section := range []struct {
		name     string
		settings any
	}{
		{"model", c.Encoder}, {"decoder", c.Decoder}, {"mask", c.Mask},
		{"reconstruct", c.Reconstruct}, {"contrast", c.Contrast}, {"location", c.Location},
	} {
		if err := config.Check(section.name, section.settings); err != nil {
			return err
		}
	}
	return c.Validate()
}

// TestRefusals: an error names the key and says in the user's terms what is wrong.
func TestRefusals(t *testing.T) {
	if err := check(valid()); err != nil {
		t.Fatalf("the default: %v", err)
	}
	for _, c := range []struct {
		want   string
		change func(c *Config)
	}{
		{
			`model.size: "huge" is not one of micro, tiny, small, base, large, resnet18, resnet50`,
			func(c *Config) { c.Encoder.Size = "huge" },
		},
		{"model.patch_size: 0 must be at least 1", func(c *Config) { c.Encoder.PatchSize = 0 }},
		{
			"model.patch_size: 5 does not divide data.image_size 32",
			func(c *Config) { c.Encoder.PatchSize = 5 },
		},
		{"model.patch_size: 64 does not divide", func(c *Config) { c.Encoder.PatchSize = 64 }},
		{"model.dim: 30 must be a positive multiple of 4", func(c *Config) { c.Encoder.Dim = 30 }},
		{"model.depth: -1 must be between 0 and 256", func(c *Config) { c.Encoder.Depth = -1 }},
		{
			"model.heads: 5 must be positive and divide model.dim 96",
			func(c *Config) { c.Encoder.Heads = 5 },
		},
		{"model.width: 8 belongs to a ResNet", func(c *Config) { c.Encoder.Width = 8 }},
		{
			`model.stem: "imagenet" belongs to a ResNet`,
			func(c *Config) { c.Encoder.Stem = "imagenet" },
		},
		{
			"model.dim: belongs to transformers; resnet18 has none",
			func(c *Config) { c.Encoder.Size, c.Encoder.Dim = ResNet18, 64 },
		},
		{
			"model.depth: belongs to transformers",
			func(c *Config) { c.Encoder.Size, c.Encoder.Depth = ResNet50, 50 },
		},
		{
			"model.heads: belongs to transformers",
			func(c *Config) { c.Encoder.Size, c.Encoder.Heads = ResNet18, 3 },
		},
		{
			"model.patch_size: belongs to transformers",
			func(c *Config) { c.Encoder.Size, c.Encoder.PatchSize = ResNet18, 8 },
		},
		{
			"model.mlp_ratio: belongs to transformers",
			func(c *Config) { c.Encoder.Size, c.Encoder.MLPRatio = ResNet18, 2 },
		},
		{"model.width: -1", func(c *Config) { c.Encoder.Size, c.Encoder.Width = ResNet18, -1 }},
		{
			`model.stem: "cifar" is not one of small, imagenet`,
			func(c *Config) { c.Encoder.Size, c.Encoder.Stem = ResNet18, "cifar" },
		},
		{"model.dim: 3000000 must be between 0 and 65536", func(c *Config) { c.Encoder.Dim = 3000000 }},
		{"model.depth: 100000 must be between 0 and 256", func(c *Config) { c.Encoder.Depth = 100000 }},
		{
			"model.mlp_ratio: 1e+09 times model.dim 96 must make 1 to 262144 hidden values",
			func(c *Config) { c.Encoder.MLPRatio = 1e9 },
		},
		{
			"model.width: 5000 must be between 0 and 4096",
			func(c *Config) { c.Encoder.Size, c.Encoder.Width = ResNet18, 5000 },
		},
		{
			"data.image_size: 8192 makes 2048 x 2048 patches of model.patch_size 4, and at most 65536",
			func(c *Config) { c.Side = 8192 },
		},
		{"decoder.depth: 300 must be between 1 and 256", func(c *Config) { c.Decoder.Depth = 300 }},
		{"decoder.dim: 400000 must be between 4 and 65536", func(c *Config) { c.Decoder.Dim = 400000 }},
		{"decoder.mlp_ratio: 1e+09 ", func(c *Config) { c.Decoder.MLPRatio = 1e9 }},
		{
			"location.hidden: 99999999999 must be between",
			func(c *Config) { c.Location.Hidden = 99999999999 },
		},
		{
			"contrast.queue_size: 99999999999 must be between",
			func(c *Config) { c.Contrast.QueueSize = 99999999999 },
		},
		{"contrast.hidden: 1000000 must be between", func(c *Config) { c.Contrast.Hidden = 1000000 }},
		{"contrast.out: 1000000000 must be between", func(c *Config) { c.Contrast.Out = 1000000000 }},
		{"contrast.layers: 1000 must be between", func(c *Config) { c.Contrast.Layers = 1000 }},
		{"model.mlp_ratio: 0 ", func(c *Config) { c.Encoder.MLPRatio = 0 }},
		{"model.mlp_ratio: 0.01 ", func(c *Config) { c.Encoder.MLPRatio = 0.01 }},
		{"decoder.depth: 0 must be between 1 and 256", func(c *Config) { c.Decoder.Depth = 0 }},
		{
			"decoder.dim: 62 must be a positive multiple of 4",
			func(c *Config) { c.Decoder.Dim = 62 },
		},
		{"decoder.heads: -2 must be at least 0", func(c *Config) { c.Decoder.Heads = -2 }},
		{
			"decoder.heads: 0 means 3, which does not divide decoder.dim 100",
			func(c *Config) { c.Decoder.Heads, c.Decoder.Dim = 0, 100 },
		},
		{
			"decoder.heads: 7 must be positive and divide decoder.dim 64",
			func(c *Config) { c.Decoder.Heads = 7 },
		},
		{"decoder.mlp_ratio: -1 ", func(c *Config) { c.Decoder.MLPRatio = -1 }},
		{"decoder.mlp_ratio: 0.01 ", func(c *Config) { c.Decoder.MLPRatio = 0.01 }},
		{"decoder.kind", func(c *Config) { c.Decoder.Kind = "rnn" }},
		{"mask.ratio: 1 must be above 0 and below 1", func(c *Config) { c.Mask.Ratio = 1 }},
		{"mask.ratio: 0 must be above 0 and below 1", func(c *Config) { c.Mask.Ratio = 0 }},
		{
			"mask.ratio: 0.99 of 64 patches leaves none visible",
			func(c *Config) { c.Mask.Ratio = 0.99 },
		},
		{
			"mask.ratio: 0.75 of 1 patches leaves none visible",
			func(c *Config) { c.Encoder.PatchSize = 32 },
		},
		{
			"reconstruct.weight: -1 must be at least 0",
			func(c *Config) { c.Reconstruct.Weight = -1 },
		},
		{"contrast.weight: -1 must be at least 0", func(c *Config) { c.Contrast.Weight = -1 }},
		{"location.weight: -1 must be at least 0", func(c *Config) { c.Location.Weight = -1 }},
		{
			"reconstruct.weight: is 0, and so are contrast.weight and location.weight",
			func(c *Config) {
				c.Reconstruct.Weight, c.Contrast.Weight, c.Location.Weight = 0, 0, 0
			},
		},
		{"contrast.tau: 0 must be above 0", func(c *Config) { c.Contrast.Tau = 0 }},
		{"contrast.momentum: 1.5", func(c *Config) { c.Contrast.Momentum = 1.5 }},
		{"contrast.momentum_schedule", func(c *Config) { c.Contrast.MomentumSchedule = "linear" }},
		{"contrast.queue_size: -1", func(c *Config) { c.Contrast.QueueSize = -1 }},
		{"contrast.layers: 0 must be between 1 and 256", func(c *Config) { c.Contrast.Layers = 0 }},
		{"contrast.out: 0 must be between 1 and 262144", func(c *Config) { c.Contrast.Out = 0 }},
		{
			`contrast.pool: "max" is not one of mean, cls, mean+cls`,
			func(c *Config) { c.Contrast.Pool = "max" },
		},
		{
			`contrast.query: "split" is not one of restored, visible`,
			func(c *Config) { c.Contrast.Query = "split" },
		},
		{
			`contrast.key: "restored" is not one of split, full, visible`,
			func(c *Config) { c.Contrast.Key = "restored" },
		},
		{"location.hidden: -1", func(c *Config) { c.Location.Hidden = -1 }},
		{"location.drop_position: 2", func(c *Config) { c.Location.DropPosition = 2 }},
		{
			`location.activation: "relu" is not one of gelu, none`,
			func(c *Config) { c.Location.Activation = "relu" },
		},
		{
			`location.target: "xy" is not one of index, rowcol`,
			func(c *Config) { c.Location.Target = "xy" },
		},
		{`location.loss: "l1" is not one of l2, ce`, func(c *Config) { c.Location.Loss = "l1" }},
		{
			"location.reduction: mean applies to location.loss l2",
			func(c *Config) { c.Location.Loss, c.Location.Reduction = "ce", "mean" },
		},
	} {
		config := valid()
		c.change(&config)
		if err := check(config); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %q", err, c.want)
		}
	}
}

func TestResolvedSizes(t *testing.T) {
	for size, want := range map[Size][3]int{
		"micro": {96, 4, 3}, "tiny": {192, 12, 3}, "small": {384, 12, 6}, "base": {768, 12, 12}, "large": {1024, 24, 16},
	} {
		r := EncoderConfig{Size: size}.Resolved()
		if got := [3]int{r.Dim, r.Depth, r.Heads}; got != want {
			t.Errorf("%s is %v, want %v", size, got, want)
		}
	}
	r := EncoderConfig{Size: "base", Dim: 96, Depth: 3, Heads: 4}.Resolved()
	if r.Dim != 96 || r.Depth != 3 || r.Heads != 4 {
		t.Errorf("given numbers are replaced: %+v", r)
	}
	k := DefaultContrast()
	for dim, want := range map[int]int{96: 384, 384: 1536, 768: 4096, 1024: 4096} {
		if got := k.HiddenFor(dim); got != want {
			t.Errorf("hidden width for %d is %d, want %d", dim, got, want)
		}
	}
}

// TestMomentumSchedule: from m0 along a half cosine to 1 (spec 1.2).
func TestMomentumSchedule(t *testing.T) {
	c := DefaultContrast()
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
		if got := (MaskConfig{Ratio: c.ratio}).Visible(c.n); got != c.want {
			t.Errorf("%d patches at %v: %d visible, want %d", c.n, c.ratio, got, c.want)
		}
	}
}

func TestLocationTargets(t *testing.T) {
	ids := []int32{5, 0}
	index, rowcol := DefaultLocation(), DefaultLocation()
	rowcol.Target = "rowcol"
	for _, c := range []struct {
		config LocationConfig
		ones   []int
	}{{index, []int{5, 9 + 0}}, {rowcol, []int{1, 3 + 2, 6 + 0, 6 + 3 + 0}}} {
		target := make([]float64, len(ids)*c.config.Slots(3))
		target[1] = 7 // what an earlier batch left
		c.config.Targets(target, ids, 3)
		for i, v := range target {
			want := 0.0
			for _, at := range c.ones {
				if i == at {
					want = 1
				}
			}
			if v != want {
				t.Errorf("%s: slot %d is %v, want %v", c.config.Target, i, v, want)
			}
		}
	}
}

// TestFeatures: how wide the features of an encoder are, and the ResNet behind a size.
func TestFeatures(t *testing.T) {
	for _, c := range []struct {
		config EncoderConfig
		want   int
	}{
		{EncoderConfig{Size: "micro"}, 96},
		{EncoderConfig{Size: "micro", Dim: 16}, 16},
		{EncoderConfig{Size: ResNet18, Stem: "small"}, 512},
		{EncoderConfig{Size: ResNet50, Stem: "small"}, 2048},
		{EncoderConfig{Size: ResNet50, Stem: "small", Width: 4}, 128},
	} {
		if got := c.config.Features(); got != c.want {
			t.Errorf("%+v: %d features, want %d", c.config, got, c.want)
		}
	}
	got := EncoderConfig{Size: ResNet50, Stem: "imagenet", Width: 8}.ResNet(10)
	if want := (ResNetConfig{Depth: 50, Stem: "imagenet", Width: 8, Classes: 10}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}
