package augment

import (
	"math"
	"math/rand/v2"

	"cmae/internal/contrastivecrop"
)

// Supervised holds the settings of labelled training images, section `augment` of finetuning: a
// resized crop, a flip, RandAugment, normalisation, random erasing.
type Supervised struct {
	ScaleMin      float64   `yaml:"scale_min" above:"0" max:"1" doc:"smallest crop, as a share of the image's area"`
	ScaleMax      float64   `yaml:"scale_max" above:"0" max:"1" doc:"largest crop, as a share of the image's area"`
	RatioMin      float64   `yaml:"ratio_min" min:"0.01" max:"100" doc:"narrowest crop, width over height"`
	RatioMax      float64   `yaml:"ratio_max" min:"0.01" max:"100" doc:"widest crop, width over height"`
	FlipProb      float64   `yaml:"flip_prob" min:"0" max:"1" doc:"probability of mirroring left to right"`
	RandOps       int       `yaml:"rand_ops" min:"0" max:"16" doc:"RandAugment: operations drawn for an image, each then done with probability 1/2; 0 = none"`
	RandMagnitude float64   `yaml:"rand_magnitude" min:"0" max:"10" doc:"RandAugment: mean strength of an operation, 0 to 10"`
	RandSD        float64   `yaml:"rand_sd" min:"0" max:"100" doc:"RandAugment: standard deviation of the strength"`
	EraseProb     float64   `yaml:"erase_prob" min:"0" max:"1" doc:"probability that noise replaces a rectangle of 2 % to a third of the area"`
	Mean          []float64 `yaml:"mean" min:"0" max:"1" doc:"subtracted from each channel (0 to 1), such as red, green, blue; empty where data.channels is not 3 = measured on the training images"`
	Std           []float64 `yaml:"std" min:"0.001" max:"1000" doc:"each channel is then divided by it; empty as mean is"`
}

// DefaultSupervised is the recipe of MAE's finetuning (spec 5), rand-m9-mstd0.5-inc1 in timm's
// terms.
func DefaultSupervised() Supervised {
	d := Default()
	return Supervised{
		ScaleMin: .08, ScaleMax: 1, RatioMin: d.RatioMin, RatioMax: d.RatioMax, FlipProb: .5,
		RandOps: 2, RandMagnitude: 9, RandSD: .5, EraseProb: .25, Mean: d.Mean, Std: d.Std,
	}
}

// Views are the settings of crop, flip and normalisation.
func (c Supervised) Views() Config {
	return Config{
		ScaleMin: c.ScaleMin, ScaleMax: c.ScaleMax, RatioMin: c.RatioMin, RatioMax: c.RatioMax,
		FlipProb: c.FlipProb, Mean: c.Mean, Std: c.Std,
	}
}

// Validate checks that the largest crop is no smaller than the smallest.
func (c Supervised) Validate() error { return c.Views().Validate() }

// Labelled writes the view of a labelled training image to dst [C,S,S].
func (w *Workspace) Labelled(
	dst []float32, img Image, crop contrastivecrop.Rect, c Supervised, r *rand.Rand,
) {
	w.cropped(dst, img, crop, r)
	if c.RandOps > 0 {
		w.canvas.load(dst, w.side, c.Mean)
		w.canvas.randAugment(c, r)
		w.canvas.store(dst)
	}
	w.normalise(dst)
	if r.Float64() < c.EraseProb {
		erase(dst, w.side, r)
	}
}

// The rectangles of random erasing: shares of the area, and the smallest aspect ratio, the largest
// being its inverse.
const (
	eraseLeast  = .02
	eraseMost   = 1. / 3
	eraseAspect = .3
	eraseTries  = 10
)

// erase puts normal noise, a number of its own for every value, into a random rectangle of a
// normalised view [C,S,S].
func erase(view []float32, side int, r *rand.Rand) {
	for range eraseTries {
		area := (eraseLeast + (eraseMost-eraseLeast)*r.Float64()) * float64(side*side)
		aspect := math.Exp((2*r.Float64() - 1) * -math.Log(eraseAspect))
		height := int(math.RoundToEven(math.Sqrt(area * aspect)))
		width := int(math.RoundToEven(math.Sqrt(area / aspect)))
		if height >= side || width >= side {
			continue
		}
		top, left := r.IntN(side-height+1), r.IntN(side-width+1)
		for c := range len(view) / (side * side) {
			for y := top; y < top+height; y++ {
				row := view[(c*side+y)*side+left:][:width]
				for x := range row {
					row[x] = float32(r.NormFloat64())
				}
			}
		}
		return
	}
}
