// Package surfaces draws pictures of ten kinds of surface, each of random colours, place, scale,
// turn and light. Pixels say little about the kind, for no two pictures agree in any of these; what
// says it is how neighbouring parts fit together, which is what pretraining learns.
//
// Reading order: surfaces.go (a picture), pattern.go (the kinds), noise.go (randomness of a place).
package surfaces

import (
	"math"
	"math/rand/v2"

	"cmae/internal/dataset/augment"
)

// Side is that of a picture, in pixels.
const Side = 32

// Classes names the kinds of surface.
func Classes() []string {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = k.name
	}
	return names
}

// Draw draws a surface of a kind, an index of Classes, by the draws of r.
func Draw(kind int, r *rand.Rand) augment.Image {
	dark, light := colours(r)
	if r.IntN(2) == 0 {
		dark, light = light, dark
	}
	of := placed(r, kinds[kind].of(r))
	sin, cos := math.Sincos(2 * math.Pi * r.Float64())
	slope := slopes * r.Float64()
	img := augment.Image{Width: Side, Height: Side, Pix: make([]uint8, 0, 3*Side*Side)}
	for y := range Side {
		for x := range Side {
			p := smoothed(of, float64(x), float64(y))
			lit := 1 + slope*(cos*(float64(x)/Side-.5)+sin*(float64(y)/Side-.5))
			lit += grain * r.NormFloat64()
			for i := range dark {
				v := lit * ((1-p)*dark[i] + p*light[i])
				img.Pix = append(img.Pix, uint8(math.Round(255*min(1, max(0, v)))))
			}
		}
	}
	return img
}

// What pictures of one kind differ by.
const (
	turns  = math.Pi / 6 // to either side
	scales = 1.4         // the largest, and one over it the smallest
	tints  = .08         // of a picture's red, green and blue
	slopes = .2          // of the light, from one side to the other
	grain  = .03         // of every pixel, standard deviation
)

// colours are two of which the second is brighter, both near one another and near gray.
func colours(r *rand.Rand) (dark, light [3]float64) {
	middle, gap := .35+.3*r.Float64(), .15+.1*r.Float64()
	for i := range dark {
		tint := tints * (2*r.Float64() - 1)
		dark[i], light[i] = middle+tint-gap, middle+tint+gap
	}
	return dark, light
}

// placed moves, turns and scales a pattern.
func placed(r *rand.Rand, p pattern) pattern {
	sin, cos := math.Sincos(turns * (2*r.Float64() - 1))
	scale := math.Pow(scales, 2*r.Float64()-1)
	dx, dy := 100*r.Float64(), 100*r.Float64()
	return func(x, y float64) float64 {
		return p(scale*(cos*x-sin*y)+dx, scale*(sin*x+cos*y)+dy)
	}
}

// smoothed is the mean of a pattern over a pixel.
func smoothed(p pattern, x, y float64) float64 {
	const q = .25
	return (p(x-q, y-q) + p(x+q, y-q) + p(x-q, y+q) + p(x+q, y+q)) / 4
}
