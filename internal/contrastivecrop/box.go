package contrastivecrop

import "math"

// Box is a rectangle in fractions of the image's height and width, in which the centre of a crop
// may lie (spec 4). Bottom and Right are the indices of its last row and column, over height and
// width; the pixels of these belong to the box.
type Box struct {
	Top    float32 `json:"top"`
	Left   float32 `json:"left"`
	Bottom float32 `json:"bottom"`
	Right  float32 `json:"right"`
}

var (
	// Full is the whole image, the box of an image of which nothing is known.
	Full = Box{0, 0, 1, 1}
	// Centre is the central half of the image, the box of the constant source.
	Centre = Box{.25, .25, .75, .75}
)

// Extent is the region that the box covers in an image of width x height pixels, in fractions.
// bottom and right are the far edges of its last row and column.
func (b Box) Extent(width, height int) (top, left, bottom, right float64) {
	bottom = min(float64(b.Bottom)+1/float64(height), 1)
	right = min(float64(b.Right)+1/float64(width), 1)
	return float64(b.Top), float64(b.Left), bottom, right
}

// Area is the share of the pixels of a width x height image that lie in the box.
func (b Box) Area(width, height int) float64 {
	top, left, bottom, right := b.Extent(width, height)
	return (bottom - top) * (right - left)
}

// valid reports whether the box lies in the image, right way round. NaN fails every comparison.
func (b Box) valid() bool {
	return b.Top >= 0 && b.Top <= b.Bottom && b.Bottom <= 1 && b.Left >= 0 && b.Left <= b.Right &&
		b.Right <= 1
}

// covers reports whether the box reaches all four sides of an image of the given side. A box found
// on a heat map ends at the last hot pixel's index over the side, so it never reaches 1.
func (b Box) covers(side int) bool {
	last := float32(side-1) / float32(side)
	return b.Top <= 0 && b.Left <= 0 && b.Bottom >= last && b.Right >= last
}

// HeatMap scales the raw scores of N patches to 0 to 1 and writes them to heat, M of the paper's
// semantic-aware localization: it subtracts their minimum, then divides by the maximum. If raw is
// empty, constant or not finite it returns false, and heat is undefined. heat may be raw.
func HeatMap(raw, heat []float32) bool {
	if len(raw) == 0 {
		return false
	}
	low, high := raw[0], raw[0]
	for _, v := range raw {
		if math.IsNaN(float64(v)) || math.IsInf(float64(v), 0) {
			return false
		}
		low, high = min(low, v), max(high, v)
	}
	span := high - low
	if span == 0 || math.IsInf(float64(span), 0) {
		return false
	}
	for i, v := range raw {
		heat[i] = (v - low) / span
	}
	return true
}

// FindBox finds the box of a raw heat map [grid*grid], which it scales to 0 to 1, in an image of
// side x side pixels by rule and threshold of c. A map that says nothing gives Full and false.
func (c Config) FindBox(raw []float32, grid, side int) (Box, bool) {
	if !HeatMap(raw, raw) {
		return Full, false
	}
	return BoxAbove(raw, grid, side, c.thresholdOf(raw))
}

// BoxAbove is the box of what is hotter than k in a heat map [grid*grid] of values 0 to 1, B =
// L(1[M > k]) of the paper's semantic-aware localization. It enlarges the map bilinearly to side x
// side pixels; the box reaches from the first to the last row and column whose hottest pixel
// exceeds k. A map without such a pixel gives Full and false.
func BoxAbove(heat []float32, grid, side int, k float64) (Box, bool) {
	threshold := float32(k)
	hotColumn := make([]bool, side)
	taps := bilinear(grid, side)
	top, bottom := -1, -1
	for y := range side {
		above, below := heat[taps[y].low*grid:], heat[taps[y].high*grid:]
		hot := false
		for x, t := range taps {
			v := taps[y].lowWeight*(t.lowWeight*above[t.low]+t.highWeight*above[t.high]) +
				taps[y].highWeight*(t.lowWeight*below[t.low]+t.highWeight*below[t.high])
			if v > threshold {
				hot, hotColumn[x] = true, true
			}
		}
		if hot {
			bottom = y
			if top < 0 {
				top = y
			}
		}
	}
	if top < 0 {
		return Full, false
	}
	left, right := 0, side-1
	for !hotColumn[left] {
		left++
	}
	for !hotColumn[right] {
		right--
	}
	s := float32(side)
	return Box{float32(top) / s, float32(left) / s, float32(bottom) / s, float32(right) / s}, true
}

// tap says which two cells an enlarged pixel mixes, and how.
type tap struct {
	low, high             int
	lowWeight, highWeight float32
}

// bilinear gives the taps that enlarge grid cells to side pixels, with half-pixel centres and the
// border cells extended. It computes in float32 and in this order, as the reference does: boxes
// must agree with its boxes to the pixel.
func bilinear(grid, side int) []tap {
	taps := make([]tap, side)
	scale := float32(grid) / float32(side)
	for i := range taps {
		at := max(scale*(float32(i)+.5)-.5, 0)
		low := min(int(at), grid-1)
		w := min(at-float32(low), 1)
		taps[i] = tap{low: low, high: min(low+1, grid-1), lowWeight: 1 - w, highWeight: w}
	}
	return taps
}
