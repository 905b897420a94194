package contrastivecrop

import (
	"math"
	"math/rand/v2"

	"cmae/internal/rng"
)

// Rect is a rectangle of whole pixels inside an image.
type Rect struct{ Left, Top, Width, Height int }

// Shape is the distribution of a crop: its area as a share of the image, uniform; width over
// height, log-uniform; and alpha, which places it.
type Shape struct{ AreaMin, AreaMax, RatioMin, RatioMax, Alpha float64 }

// Sample draws a crop of a w x h image. Its centre lies in the box as far as the image's edges
// allow, and is distributed over that range by Beta(alpha,alpha), the paper's center-suppressed
// sampling: below 1, alpha pushes it to the rim. With the box Full and alpha 1 this is the usual
// random resized crop. If ten shapes in a row do not fit, the crop is the largest central one of
// permitted ratio.
func Sample(r *rand.Rand, w, h int, box Box, s Shape) Rect {
	area := float64(w) * float64(h)
	low, high := math.Log(s.RatioMin), math.Log(s.RatioMax)
	for range 10 {
		target := area * (s.AreaMin + (s.AreaMax-s.AreaMin)*r.Float64())
		ratio := math.Exp(low + (high-low)*r.Float64())
		width := int(math.RoundToEven(math.Sqrt(target * ratio)))
		height := int(math.RoundToEven(math.Sqrt(target / ratio)))
		if width < 1 || width > w || height < 1 || height > h {
			continue
		}
		return Rect{
			Left:  place(r, w, width, box.Left, box.Right, s.Alpha),
			Top:   place(r, h, height, box.Top, box.Bottom, s.Alpha),
			Width: width, Height: height,
		}
	}
	return central(w, h, s)
}

// place draws where a crop of the given length begins on an axis, so that its centre lies between
// first and last (fractions). Every whole position of the range can be drawn, and both ends are
// equally likely.
func place(r *rand.Rand, size, length int, first, last float32, alpha float64) int {
	from := min(max(int(float32(size)*first)-length/2, 0), size-length)
	to := min(max(int(float32(size)*last)-length/2, 0), size-length)
	return min(from+int(float64(to-from+1)*rng.Beta(r, alpha)), to)
}

// central is the largest crop around the image's centre whose ratio is permitted.
func central(w, h int, s Shape) Rect {
	width, height := w, h
	switch ratio := float64(w) / float64(h); {
	case ratio < s.RatioMin:
		height = int(math.RoundToEven(float64(w) / s.RatioMin))
	case ratio > s.RatioMax:
		width = int(math.RoundToEven(float64(h) * s.RatioMax))
	}
	width, height = min(max(width, 1), w), min(max(height, 1), h)
	return Rect{Left: (w - width) / 2, Top: (h - height) / 2, Width: width, Height: height}
}
