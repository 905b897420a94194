package augment

import (
	"errors"
	"fmt"

	"cmae/internal/contrastivecrop"
)

// BlurAbove is the side up to which views are never blurred: there is no detail to hide in them.
const BlurAbove = 64

// Config holds the settings of section `augment`. Flip and crop act on both views, the colour
// settings on the key view and, with ColourQuery, on the query view too. Without it the query keeps
// its colours, as it is what a decoder must reconstruct.
//
// MoCo's recipes set ColourQuery. Version 1 jitters every view, .4 in all four, without blur;
// version 2 is the default's colours. Version 3 takes those of 2 as well: its own give the two
// views different chances of blur and solarize one of them, as BYOL does, which is left out here.
// The published code of version 1 grays before it jitters; here it is after, as in version 2.
type Config struct {
	ScaleMin    float64    `yaml:"scale_min" doc:"smallest crop, as a share of the image's area"`
	ScaleMax    float64    `yaml:"scale_max" doc:"largest crop, as a share of the image's area"`
	RatioMin    float64    `yaml:"ratio_min" doc:"narrowest crop, width over height"`
	RatioMax    float64    `yaml:"ratio_max" doc:"widest crop, width over height"`
	FlipProb    float64    `yaml:"flip_prob" doc:"probability of mirroring a view left to right"`
	ColourQuery bool       `yaml:"colour_query" doc:"colour the query view as the key view is, as MoCo does; a decoder then reconstructs changed colours"`
	JitterProb  float64    `yaml:"jitter_prob" doc:"probability of colour jitter in a coloured view"`
	Brightness  float64    `yaml:"brightness" doc:"jitter: brightness times 1-x to 1+x"`
	Contrast    float64    `yaml:"contrast" doc:"jitter: contrast times 1-x to 1+x"`
	Saturation  float64    `yaml:"saturation" doc:"jitter: saturation times 1-x to 1+x"`
	Hue         float64    `yaml:"hue" doc:"jitter: hue turned by up to x of a full turn, at most .5"`
	GrayProb    float64    `yaml:"gray_prob" doc:"probability that a coloured view is gray"`
	BlurProb    float64    `yaml:"blur_prob" doc:"probability of blurring a coloured view, sigma .1 to 2 pixels; only above 64 pixels"`
	Mean        [3]float64 `yaml:"mean" doc:"subtracted from red, green, blue (0 to 1)"`
	Std         [3]float64 `yaml:"std" doc:"red, green, blue are then divided by it"`
}

// Default is the recipe of the specification; mean and deviation are ImageNet's.
func Default() Config {
	return Config{
		ScaleMin: .2, ScaleMax: 1, RatioMin: 3. / 4, RatioMax: 4. / 3, FlipProb: .5,
		JitterProb: .8, Brightness: .4, Contrast: .4, Saturation: .4, Hue: .1, GrayProb: .2, BlurProb: .5,
		Mean: [3]float64{.485, .456, .406}, Std: [3]float64{.229, .224, .225},
	}
}

// Validate reports every setting that makes no sense.
func (c Config) Validate() error {
	var errs []error
	check := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	check(
		c.ScaleMin > 0 && c.ScaleMin <= 1, "augment.scale_min: %v must be above 0 and at most 1",
		c.ScaleMin,
	)
	check(
		c.ScaleMax >= c.ScaleMin && c.ScaleMax <= 1,
		"augment.scale_max: %v must be between scale_min (%v) and 1", c.ScaleMax, c.ScaleMin,
	)
	check(
		c.RatioMin >= .01 && c.RatioMin <= 100, "augment.ratio_min: %v must be .01 to 100",
		c.RatioMin,
	)
	check(
		c.RatioMax >= c.RatioMin && c.RatioMax <= 100,
		"augment.ratio_max: %v must be between ratio_min (%v) and 100", c.RatioMax, c.RatioMin,
	)
	for _, p := range []struct {
		key   string
		value float64
		max   float64
	}{
		{"flip_prob", c.FlipProb, 1}, {
			"jitter_prob", c.JitterProb, 1,
		}, {"gray_prob", c.GrayProb, 1}, {"blur_prob", c.BlurProb, 1},
		{
			"brightness", c.Brightness, 10,
		}, {"contrast", c.Contrast, 10}, {"saturation", c.Saturation, 10}, {"hue", c.Hue, .5},
	} {
		check(
			p.value >= 0 && p.value <= p.max, "augment.%s: %v must be 0 to %v", p.key, p.value,
			p.max,
		)
	}
	for i := range 3 {
		check(
			c.Mean[i] >= 0 && c.Mean[i] <= 1, "augment.mean: %v must be numbers from 0 to 1",
			c.Mean,
		)
		check(
			c.Std[i] >= 1e-3 && c.Std[i] <= 1e3,
			"augment.std: %v must be numbers from .001 to 1000", c.Std,
		)
	}
	return errors.Join(errs...)
}

// Shape is the distribution of the views' crops for contrastivecrop.Sample; alpha 1 places them
// evenly.
func (c Config) Shape(alpha float64) contrastivecrop.Shape {
	return contrastivecrop.Shape{
		AreaMin: c.ScaleMin, AreaMax: c.ScaleMax, RatioMin: c.RatioMin, RatioMax: c.RatioMax,
		Alpha: alpha,
	}
}
