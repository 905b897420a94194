package augment

import (
	"math"
	"math/rand/v2"
)

// mostLevel is the strength at which an operation does its most.
const mostLevel = 10

// canvas is an 8-bit picture [S,S,C], channels interleaved, that RandAugment works on.
type canvas struct {
	side       int
	pix, spare []uint8
	fill       []uint8 // [C] where a geometric operation finds no pixel
}

// load takes a view [C,S,S] of values 0 to 1.
func (c *canvas) load(view []float32, side int, fill []float64) {
	n, all := side*side, len(fill)*side*side
	c.side, c.pix, c.spare = side, resized(c.pix, all), resized(c.spare, all)
	c.fill = resized(c.fill, len(fill))
	for ch := range c.fill {
		c.fill[ch] = uint8(math.RoundToEven(255 * fill[ch]))
		for i, v := range view[ch*n : (ch+1)*n] {
			c.pix[len(fill)*i+ch] = uint8(255*v + .5)
		}
	}
}

// store is the inverse of load.
func (c *canvas) store(view []float32) {
	n, channels := c.side*c.side, len(c.fill)
	for ch := range channels {
		plane := view[ch*n : (ch+1)*n]
		for i := range plane {
			plane[i] = float32(c.pix[channels*i+ch]) * (1. / 255)
		}
	}
}

// operation is one way to change a picture. level is 0 to mostLevel; operations without a strength
// ignore it.
type operation struct {
	name string
	do   func(c *canvas, level float64, r *rand.Rand)
}

// operations are those of timm's `increasing` RandAugment, in which a higher level always changes
// more: posterize keeps fewer bits, solarize begins lower, and the enhancements move away from the
// original to both sides.
var operations = []operation{
	{"AutoContrast", func(c *canvas, _ float64, _ *rand.Rand) { c.autoContrast() }},
	{"Equalize", func(c *canvas, _ float64, _ *rand.Rand) { c.equalize() }},
	{
		"Invert",
		func(c *canvas, _ float64, _ *rand.Rand) { c.point(func(v int) int { return 255 - v }) },
	},
	{"Rotate", func(c *canvas, l float64, r *rand.Rand) { c.rotate(either(r, l/mostLevel*30)) }},
	{"Posterize", func(c *canvas, l float64, _ *rand.Rand) { c.posterize(4 - int(l/mostLevel*4)) }},
	{
		"Solarize",
		func(c *canvas, l float64, _ *rand.Rand) { c.solarize(256 - int(l/mostLevel*256)) },
	},
	{
		"SolarizeAdd",
		func(c *canvas, l float64, _ *rand.Rand) { c.solarizeAdd(int(l / mostLevel * 110)) },
	},
	{"Color", func(c *canvas, l float64, r *rand.Rand) { c.colour(enhancement(r, l)) }},
	{"Contrast", func(c *canvas, l float64, r *rand.Rand) { c.contrast(enhancement(r, l)) }},
	{"Brightness", func(c *canvas, l float64, r *rand.Rand) { c.brightness(enhancement(r, l)) }},
	{"Sharpness", func(c *canvas, l float64, r *rand.Rand) { c.sharpness(enhancement(r, l)) }},
	{
		"ShearX",
		func(c *canvas, l float64, r *rand.Rand) {
			c.affine(affine{1, either(r, l/mostLevel*.3), 0, 0, 1, 0})
		},
	},
	{
		"ShearY",
		func(c *canvas, l float64, r *rand.Rand) {
			c.affine(affine{1, 0, 0, either(r, l/mostLevel*.3), 1, 0})
		},
	},
	{"TranslateX", func(c *canvas, l float64, r *rand.Rand) {
		c.affine(affine{1, 0, c.part(either(r, l/mostLevel*.45)), 0, 1, 0})
	}},
	{"TranslateY", func(c *canvas, l float64, r *rand.Rand) {
		c.affine(affine{1, 0, 0, 0, 1, c.part(either(r, l/mostLevel*.45))})
	}},
}

// randAugment draws operations, with repetition, and does each with probability 1/2 at a level
// around the magnitude.
func (c *canvas) randAugment(s Supervised, r *rand.Rand) {
	for range s.RandOps {
		o := operations[r.IntN(len(operations))]
		level := min(max(s.RandMagnitude+s.RandSD*r.NormFloat64(), 0), mostLevel)
		if r.Float64() < .5 {
			o.do(c, level, r)
		}
	}
}

// either is v or -v.
func either(r *rand.Rand, v float64) float64 {
	if r.Float64() < .5 {
		return -v
	}
	return v
}

// enhancement is the factor of a level: up to .9 to either side of 1, which leaves a picture as it
// is.
func enhancement(r *rand.Rand, level float64) float64 {
	return max(.1, 1+either(r, level/mostLevel*.9))
}

// part is a share of the side, in pixels.
func (c *canvas) part(share float64) float64 { return share * float64(c.side) }
