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

// quantile is the value that a share of the map's patches does not exceed, or less, so that a patch
// is hotter.
func quantile(heat []float32, share float64) float64 {
	sorted := slices.Sorted(slices.Values(heat))
	at := max(int(math.Ceil(share*float64(len(sorted))))-1, 0)
	for at > 0 && sorted[at] == sorted[len(sorted)-1] {
		at-- // of equal values all are in the box or none
	}
	return float64(sorted[at])
}

// otsu is the value that divides the map's patches into two groups such that the variance between
// these is the largest: the hottest of the colder group.
func otsu(heat []float32) float64 {
	sorted := slices.Sorted(slices.Values(heat))
	total := 0.0
	for _, v := range sorted {
		total += float64(v)
	}
	best, threshold, below := -1.0, float64(sorted[0]), 0.0
	for i, v := range sorted[:len(sorted)-1] {
		below += float64(v)
		if v == sorted[i+1] {
			continue // one value in two groups
		}
		cold, hot := float64(i+1), float64(len(sorted)-i-1)
		apart := below/cold - (total-below)/hot
		if between := cold * hot * apart * apart; between > best {
			best, threshold = between, float64(v)
		}
	}
	return threshold
}
