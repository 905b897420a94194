package clutter

import (
	"math"
	"math/rand/v2"

	"cmae/internal/dataset/augment"
)

// pattern is how much of a ground's second colour a point has, 0 to 1.
type pattern func(x, y float64) float64

// texture is a ground of two colours: one of some patterns, turned, with noise.
func texture(r *rand.Rand, ground [2]colour) func(x, y int) colour {
	kinds := []func(*rand.Rand) pattern{stripes, checks, dots, clouds}
	of := turned(r, kinds[r.IntN(len(kinds))](r))
	noise := clouds(r)
	return func(x, y int) colour {
		p := .8*of(float64(x), float64(y)) + .2*noise(float64(x), float64(y))
		var c colour
		for i := range c {
			c[i] = (1-p)*ground[0][i] + p*ground[1][i]
		}
		return c
	}
}

func paint(s augment.Image, of func(x, y int) colour) {
	for y := range s.Height {
		for x := range s.Width {
			blend(s.Pix[3*(y*s.Width+x):], of(x, y), 1)
		}
	}
}

func turned(r *rand.Rand, p pattern) pattern {
	sin, cos := math.Sincos(2 * math.Pi * r.Float64())
	dx, dy := Side*r.Float64(), Side*r.Float64()
	return func(x, y float64) float64 { return p(cos*x-sin*y+dx, sin*x+cos*y+dy) }
}

// wave is smooth, of period 1.
func wave(t float64) float64 { return .5 + .5*math.Sin(2*math.Pi*t) }

func stripes(r *rand.Rand) pattern {
	period := 5 + 12*r.Float64()
	return func(x, _ float64) float64 { return wave(x / period) }
}

func checks(r *rand.Rand) pattern {
	period := 6 + 12*r.Float64()
	return func(x, y float64) float64 {
		return math.Round(wave(x/period)) * math.Round(wave(y/period))
	}
}

func dots(r *rand.Rand) pattern {
	period, size := 6+10*r.Float64(), .15+.2*r.Float64()
	return func(x, y float64) float64 {
		dx, dy := x/period-math.Round(x/period), y/period-math.Round(y/period)
		return math.Min(1, math.Max(0, 8*(size-math.Hypot(dx, dy))+.5))
	}
}

// clouds are a grid of random values, smoothly between them.
func clouds(r *rand.Rand) pattern {
	const cells = 16
	var grid [cells][cells]float64
	for i := range grid {
		for j := range grid[i] {
			grid[i][j] = r.Float64()
		}
	}
	scale := 5 + 9*r.Float64()
	smooth := func(t float64) float64 { return t * t * (3 - 2*t) }
	at := func(i, j int) float64 { return grid[((i%cells)+cells)%cells][((j%cells)+cells)%cells] }
	return func(x, y float64) float64 {
		i, j := int(math.Floor(x/scale)), int(math.Floor(y/scale))
		fx, fy := smooth(x/scale-float64(i)), smooth(y/scale-float64(j))
		return (1-fy)*((1-fx)*at(i, j)+fx*at(i+1, j)) + fy*((1-fx)*at(i, j+1)+fx*at(i+1, j+1))
	}
}
