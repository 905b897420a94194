package features

import (
	"image"
	"math"
)

// unpadded is the part of a heat map [N] that an image has of a view of side pixels, stretched to
// all of N, linearly between the centres of patches.
func unpadded(heat []float32, in image.Rectangle, side int) []float32 {
	grid := int(math.Sqrt(float64(len(heat))))
	if in.Dx() == side && in.Dy() == side {
		return heat
	}
	out := make([]float32, 0, len(heat))
	for y := range grid {
		top, bottom, below := between(y, grid, in.Min.Y, in.Dy(), side)
		for x := range grid {
			left, right, beside := between(x, grid, in.Min.X, in.Dx(), side)
			mix := func(row int) float32 {
				return heat[row*grid+left]*(1-beside) + heat[row*grid+right]*beside
			}
			out = append(out, mix(top)*(1-below)+mix(bottom)*below)
		}
	}
	return out
}

// between are the patches of a view between whose centres the centre of patch i of an image lies,
// which has length of side pixels from start on, and the share of the second. Patches without a
// pixel of the image have none.
func between(i, grid, start, length, side int) (first, second int, share float32) {
	patch := side / grid
	at := float64(start) + (float64(i)+.5)/float64(grid)*float64(length)
	at = at/float64(patch) - .5
	low, high := start/patch, (start+length-1)/patch
	floor := math.Floor(at)
	first = min(max(int(floor), low), high)
	return first, min(max(int(floor)+1, low), high), float32(at - floor)
}
