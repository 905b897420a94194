package augment

import (
	"cmae/internal/config"
	"cmae/internal/contrastivecrop"
)

// BlurAbove is the side up to which views are never blurred: there is no detail to hide in them.
const BlurAbove = 64

// Config holds the settings of section `augment`. Flip and crop act on both views, the colour
// settings on the key view and, with ColourQuery, on the query view too. Without it the query keeps
// its colours, as it is what a decoder must reconstruct.
//
// MoCo's recipes set ColourQuery. Version 1 jitters every view, .4 in all four, without blur;
// version 2 is the default's colours. Version 3 has half the saturation, and gives the two views
// different chances of blur and solarizes one of them, as BYOL does; these two are left out here.
// The published code of version 1 grays before it jitters; here it is after, as in version 2.
type Config struct {
	ScaleMin    float64   `yaml:"scale_min" above:"0" max:"1" doc:"smallest crop, as a share of the image's area"`
	ScaleMax    float64   `yaml:"scale_max" above:"0" max:"1" doc:"largest crop, as a share of the image's area"`
	RatioMin    float64   `yaml:"ratio_min" min:"0.01" max:"100" doc:"narrowest crop, width over height"`
	RatioMax    float64   `yaml:"ratio_max" min:"0.01" max:"100" doc:"widest crop, width over height"`
	Filter      Filter    `yaml:"filter" choices:"bicubic,bilinear" doc:"how a crop is resized: bicubic, as MAE does, or bilinear, as MoCo does"`
	FlipProb    float64   `yaml:"flip_prob" min:"0" max:"1" doc:"probability of mirroring a view left to right"`
	ColourQuery bool      `yaml:"colour_query" doc:"colour the query view as the key view is, as MoCo does; a decoder then reconstructs changed colours"`
	JitterProb  float64   `yaml:"jitter_prob" min:"0" max:"1" doc:"probability of colour jitter in a coloured view"`
	Brightness  float64   `yaml:"brightness" min:"0" max:"10" doc:"jitter: brightness times 1-x to 1+x"`
	Contrast    float64   `yaml:"contrast" min:"0" max:"10" doc:"jitter: contrast times 1-x to 1+x"`
	Saturation  float64   `yaml:"saturation" min:"0" max:"10" doc:"jitter: saturation times 1-x to 1+x"`
	Hue         float64   `yaml:"hue" min:"0" max:"0.5" doc:"jitter: hue turned by up to x of a full turn, at most .5"`
	GrayProb    float64   `yaml:"gray_prob" min:"0" max:"1" doc:"probability that a coloured view is gray"`
	BlurProb    float64   `yaml:"blur_prob" min:"0" max:"1" doc:"probability of blurring a coloured view, sigma .1 to 2 pixels; only above 64 pixels"`
	Mean        []float64 `yaml:"mean" min:"0" max:"1" doc:"subtracted from each channel (0 to 1), such as red, green, blue; empty where data.channels is not 3 = measured on the training images"`
	Std         []float64 `yaml:"std" min:"0.001" max:"1000" doc:"each channel is then divided by it; empty as mean is"`
}

// Default is the recipe of the specification; mean and deviation are ImageNet's.
func Default() Config {
	return Config{
		ScaleMin: .2, ScaleMax: 1, RatioMin: 3. / 4, RatioMax: 4. / 3, Filter: Bicubic, FlipProb: .5,
		JitterProb: .8, Brightness: .4, Contrast: .4, Saturation: .4, Hue: .1, GrayProb: .2, BlurProb: .5,
		Mean: []float64{.485, .456, .406}, Std: []float64{.229, .224, .225},
	}
}

// Colours are the settings that act on coloured views alone.
func Colours() []string {
	return []string{
		"augment.jitter_prob", "augment.brightness", "augment.contrast", "augment.saturation",
		"augment.hue", "augment.gray_prob", "augment.blur_prob",
	}
}

// Channels is the number of channels of a view.
func (c Config) Channels() int { return len(c.Mean) }

// Validate checks that the largest crop is no smaller than the smallest.
func (c Config) Validate() error {
	switch {
	case c.ScaleMax < c.ScaleMin:
		return config.Faultf(
			"augment.scale_max", "%v must not be below augment.scale_min %v", c.ScaleMax, c.ScaleMin,
		)
	case c.RatioMax < c.RatioMin:
		return config.Faultf(
			"augment.ratio_max", "%v must not be below augment.ratio_min %v", c.RatioMax, c.RatioMin,
		)
	}
	return nil
}

// Shape is the distribution of the views' crops for contrastivecrop.Sample; alpha 1 places them
// evenly.
func (c Config) Shape(alpha float64) contrastivecrop.Shape {
	return contrastivecrop.Shape{
		AreaMin: c.ScaleMin, AreaMax: c.ScaleMax, RatioMin: c.RatioMin, RatioMax: c.RatioMax,
		Alpha: alpha,
	}
}
