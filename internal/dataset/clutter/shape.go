package clutter

import (
	"math"
	"math/rand/v2"

	"cmae/internal/dataset/augment"
)

// distract draws a shape that says nothing about the garment: an ellipse, a bar or a ring of any
// colour, smaller than a garment.
func distract(s augment.Image, r *rand.Rand) {
	c := anyColour(r)
	x0, y0 := Side*r.Float64(), Side*r.Float64()
	long := 3 + 6*r.Float64()
	short := long * (.3 + .6*r.Float64())
	kind := r.IntN(3)
	sin, cos := math.Sincos(2 * math.Pi * r.Float64())
	for y := range Side {
		for x := range Side {
			dx, dy := float64(x)-x0, float64(y)-y0
			u, v := (cos*dx-sin*dy)/long, (sin*dx+cos*dy)/short
			out := math.Hypot(u, v) // above 1 outside
			switch kind {
			case 1:
				out = math.Max(math.Abs(u), math.Abs(v))
			case 2:
				out = 1 + 3*math.Abs(out-.8) - .6
			}
			if cover := math.Min(1, (1-out)*short+.5); cover > 0 {
				blend(s.Pix[3*(y*Side+x):], c, cover)
			}
		}
	}
}
