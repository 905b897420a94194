package contrastivecrop

import (
	"math"
	"slices"
)

// thresholdOf is the value of a heat map of 0 to 1 above which it is in the box.
func (c Config) thresholdOf(heat []float32) float64 {
	switch c.Rule {
	case Quantile:
		return quantile(heat, c.Threshold)
	case Otsu:
		return otsu(heat)
	}
	return c.Threshold
}

// above is a hair more than a value of a sorted map, less than the next: interpolation between
// patches of this value may come to a rounding more than it.
func above(sorted []float32, at int) float64 {
	v := float64(sorted[at])
	for _, next := range sorted[at+1:] {
		if step := float64(next) - v; step > 0 {
			return v + min(1e-6, step/2)
		}
	}
	return v
}

// quantile is the value that a share of the map's patches does not exceed, or less, so that a patch
// is hotter.
func quantile(heat []float32, share float64) float64 {
	sorted := slices.Sorted(slices.Values(heat))
	at := max(int(math.Ceil(share*float64(len(sorted))))-1, 0)
	for at > 0 && sorted[at] == sorted[len(sorted)-1] {
		at-- // of equal values all are in the box or none
	}
	return above(sorted, at)
}

// otsu is the value that divides the map's patches into two groups such that the variance between
// these is the largest: the hottest of the colder group.
func otsu(heat []float32) float64 {
	sorted := slices.Sorted(slices.Values(heat))
	total := 0.0
	for _, v := range sorted {
		total += float64(v)
	}
	best, threshold, below := -1.0, above(sorted, len(sorted)-1), 0.0
	for i, v := range sorted[:len(sorted)-1] {
		below += float64(v)
		if v == sorted[i+1] {
			continue // one value in two groups
		}
		cold, hot := float64(i+1), float64(len(sorted)-i-1)
		apart := below/cold - (total-below)/hot
		if between := cold * hot * apart * apart; between > best {
			best, threshold = between, above(sorted, i)
		}
	}
	return threshold
}
