// Package clutter draws scenes in which one object matters: a garment of random place, size and
// tint on a textured ground among distractors, with the garment's true box. They are for settling
// what ContrastiveCrop finds and is worth (spec 4), which photos without boxes cannot.
//
// Reading order: clutter.go (a scene), ground.go (textures), shape.go (distractors).
package clutter

import (
	"image"
	"math"
	"math/rand/v2"

	"cmae/internal/dataset/augment"
)

// Side is that of a scene, and of a garment, in pixels.
const (
	Side    = 64
	Garment = 28
)

// A garment's own side in its scene, and the number of distractors.
const (
	smallest, largest = 22, 42
	fewest, most      = 2, 5
)

// Scene is a scene to be drawn.
type Scene struct {
	garment         []uint8
	side, left, top int // of the garment in the scene
	rest            *rand.Rand
}

// New places a garment[28*28], bright on black, by the draws of r, which are the scene's from now
// on.
func New(garment []uint8, r *rand.Rand) Scene {
	side := smallest + r.IntN(largest-smallest+1)
	return Scene{garment, side, r.IntN(Side - side + 1), r.IntN(Side - side + 1), r}
}

// Box is the smallest box around what can be seen of the garment.
func (s Scene) Box() (box image.Rectangle) {
	s.each(func(x, y int, bright, cover float64) {
		if cover > .5 {
			box = box.Union(image.Rect(x, y, x+1, y+1))
		}
	})
	return box
}

// Draw draws the scene, once.
func (s Scene) Draw() augment.Image {
	ground, tint := colours(s.rest)
	img := augment.Image{Width: Side, Height: Side, Pix: make([]uint8, 3*Side*Side)}
	paint(img, texture(s.rest, ground))
	for range fewest + s.rest.IntN(most-fewest+1) {
		distract(img, s.rest)
	}
	s.each(func(x, y int, bright, cover float64) {
		blend(img.Pix[3*(y*Side+x):], tint.times(.35+.65*bright), cover)
	})
	return img
}

// each visits the pixels that the garment covers.
func (s Scene) each(visit func(x, y int, bright, cover float64)) {
	last := float64(s.side - 1)
	for y := range s.side {
		for x := range s.side {
			bright := sample(s.garment, float64(x)/last, float64(y)/last)
			if cover := min(1, bright/.25); cover > .05 {
				visit(s.left+x, s.top+y, bright, cover)
			}
		}
	}
}

// colour is red, green and blue, of 0 to 1.
type colour [3]float64

func (c colour) times(f float64) colour { return colour{c[0] * f, c[1] * f, c[2] * f} }

func (c colour) distance(o colour) float64 {
	return math.Abs(c[0]-o[0]) + math.Abs(c[1]-o[1]) + math.Abs(c[2]-o[2])
}

func anyColour(r *rand.Rand) colour { return colour{r.Float64(), r.Float64(), r.Float64()} }

// colours are two of the ground and that of the garment, which can be told from both.
func colours(r *rand.Rand) (ground [2]colour, tint colour) {
	ground[0] = anyColour(r)
	for i := range ground[1] {
		ground[1][i] = min(1, max(0, ground[0][i]+.5*(r.Float64()-.5)))
	}
	for {
		if tint = anyColour(r); tint.distance(ground[0]) > .8 && tint.distance(ground[1]) > .8 &&
			max(tint[0], tint[1], tint[2]) > .5 {
			return ground, tint
		}
	}
}

// sample is the brightness of a garment at fractions of its width and height, between its pixels.
func sample(garment []uint8, u, v float64) float64 {
	x, y := u*(Garment-1), v*(Garment-1)
	x0, y0 := min(int(x), Garment-2), min(int(y), Garment-2)
	fx, fy := x-float64(x0), y-float64(y0)
	at := func(x, y int) float64 { return float64(garment[y*Garment+x]) / 255 }
	return (1-fy)*((1-fx)*at(x0, y0)+fx*at(x0+1, y0)) +
		fy*((1-fx)*at(x0, y0+1)+fx*at(x0+1, y0+1))
}

// blend lays a colour over a pixel.
func blend(pixel []uint8, c colour, cover float64) {
	for i, v := range c {
		pixel[i] = uint8(math.Round((1-cover)*float64(pixel[i]) + cover*255*v))
	}
}
