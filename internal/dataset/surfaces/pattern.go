package surfaces

import (
	"math"
	"math/rand/v2"
)

// pattern is how much of a surface's second colour a point has, 0 to 1. A point is in pixels of a
// picture of scale 1.
type pattern func(x, y float64) float64

var kinds = []struct {
	name string
	of   func(*rand.Rand) pattern
}{
	{"stripes", stripes}, {"checks", checks}, {"bricks", bricks}, {"dots", dots},
	{"cobbles", cobbles}, {"wood", wood}, {"clouds", clouds}, {"weave", weave},
	{"zigzag", zigzag}, {"gravel", gravel},
}

// wave is smooth, of period 1.
func wave(t float64) float64 { return .5 + .5*math.Sin(2*math.Pi*t) }

// edge is 0 below, 1 above, and rises within half a pixel to either side.
func edge(t float64) float64 { return min(1, max(0, t+.5)) }

// part is the fractional part, 0 to 1.
func part(t float64) float64 { return t - math.Floor(t) }

func stripes(*rand.Rand) pattern {
	return func(x, _ float64) float64 { return wave(x / 8) }
}

func checks(*rand.Rand) pattern {
	return func(x, y float64) float64 {
		return min(1, max(0, .5+2*(wave(x/12)-.5)*(wave(y/12)-.5)*4))
	}
}

func bricks(*rand.Rand) pattern {
	const long, high, mortar = 12, 6, .8
	return func(x, y float64) float64 {
		row := math.Floor(y / high)
		x += long / 2 * math.Mod(math.Abs(row), 2)
		dx, dy := long*math.Abs(part(x/long)-.5), high*math.Abs(part(y/high)-.5)
		tone := .25 * hash(0, int(math.Floor(x/long)), int(row))
		return (1 - tone) * edge(long/2-mortar-dx) * edge(high/2-mortar-dy)
	}
}

func dots(*rand.Rand) pattern {
	const period, radius = 8, 2.4
	return func(x, y float64) float64 {
		return edge(radius - period*math.Hypot(part(x/period)-.5, part(y/period)-.5))
	}
}

func cobbles(r *rand.Rand) pattern {
	const period = 8
	seed := r.Uint64()
	return func(x, y float64) float64 {
		near, next, _ := nearest(seed, x/period, y/period)
		return edge(period*(next-near)/2 - .6)
	}
}

func wood(r *rand.Rand) pattern {
	seed := r.Uint64()
	return func(x, y float64) float64 {
		bend := 1.6 * noise(seed, x/22, y/14)
		return .75*wave(y/7+bend) + .25*noise(seed+1, x/12, y/1.3)
	}
}

func clouds(r *rand.Rand) pattern {
	seed := r.Uint64()
	return func(x, y float64) float64 {
		v := .6*noise(seed, x/10, y/10) + .3*noise(seed+1, x/5, y/5) + .1*noise(seed+2, x/2, y/2)
		return min(1, max(0, .5+1.8*(v-.5)))
	}
}

func weave(*rand.Rand) pattern {
	const period, width = 8, 3.2
	return func(x, y float64) float64 {
		u, v := part(x/period)-.5, part(y/period)-.5
		along := edge(width-period*math.Abs(v)) * (.55 + .45*math.Cos(2*math.Pi*u))
		across := edge(width-period*math.Abs(u)) * (.55 - .45*math.Cos(2*math.Pi*v))
		if math.Mod(math.Floor(x/period)+math.Floor(y/period), 2) == 0 {
			return max(along, .5*across)
		}
		return max(across, .5*along)
	}
}

func zigzag(*rand.Rand) pattern {
	return func(x, y float64) float64 { return wave(y/8 + math.Abs(2*part(x/16)-1)) }
}

func gravel(r *rand.Rand) pattern {
	const period = 4
	seed := r.Uint64()
	return func(x, y float64) float64 {
		near, _, of := nearest(seed, x/period, y/period)
		return (.3 + .7*of) * edge(period*(.2+.4*of-near))
	}
}
