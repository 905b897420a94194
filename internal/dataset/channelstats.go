package dataset

import (
	"math"
	"slices"
)

// ChannelStats describe the values of images as a model gets them, 0 to 1, by channel.
type ChannelStats struct {
	Images int          `json:"images"` // that were looked at, spread evenly over the set
	Of     int          `json:"of"`     // all that there are
	Mean   []float64    `json:"mean"`
	Std    []float64    `json:"std"`
	Min    []float64    `json:"min"`
	Max    []float64    `json:"max"`
	Ranks  []Percentile `json:"percentiles"`
	Sizes  SizeStats    `json:"sizes"`
}

// Percentile is the value of each channel below which a share of all values lie.
type Percentile struct {
	Percent float64   `json:"percent"`
	Values  []float64 `json:"values"`
}

// SizeStats describe the sides of all images of a set, as they are stored.
type SizeStats struct {
	Smallest [2]int `json:"smallest"` // width and height, of the least area
	Median   [2]int `json:"median"`
	Largest  [2]int `json:"largest"`
}

// StatsImages bounds the images that a run measures its normalisation on.
const StatsImages = 4096

// leastStd is a level of 8 bits: the deviation of a channel that hardly changes.
const leastStd = 1. / 255

// percents are those of ChannelStats.
var percents = []float64{1, 25, 50, 75, 99}

// Stats measures up to most images, spread evenly over the set: every value of each, so that the
// same set always gives the same numbers. Mean and deviation have four digits.
func (s *Set) Stats(most int) ChannelStats {
	n, channels := min(s.Len(), most), s.Channels()
	counts := make([][256]int64, channels)
	for i := range n {
		for at, v := range s.Image(i * s.Len() / n).Pix {
			counts[at%channels][v]++
		}
	}
	stats := ChannelStats{Images: n, Of: s.Len(), Sizes: s.sizes()}
	for _, percent := range percents {
		stats.Ranks = append(stats.Ranks, Percentile{Percent: percent})
	}
	for c := range counts {
		stats.add(&counts[c])
	}
	return stats
}

// add describes one channel by the numbers of its values.
func (s *ChannelStats) add(counts *[256]int64) {
	var total, sum, squares float64 // whole numbers below 2^53
	lowest, highest := 255, 0
	for v, count := range counts {
		if n := float64(count); n > 0 {
			total, sum, squares = total+n, sum+n*float64(v), squares+n*float64(v*v)
			lowest, highest = min(lowest, v), v
		}
	}
	mean := sum / total
	std := math.Sqrt(max(squares/total-mean*mean, 0)) / 255
	s.Mean = append(s.Mean, fourDigits(mean/255))
	s.Std = append(s.Std, fourDigits(max(std, leastStd)))
	s.Min = append(s.Min, fourDigits(float64(lowest)/255))
	s.Max = append(s.Max, fourDigits(float64(highest)/255))
	for i := range s.Ranks {
		r := &s.Ranks[i]
		below, v := 0., 0
		for ; v < 255; v++ {
			if below += float64(counts[v]); below*100 >= total*r.Percent {
				break
			}
		}
		r.Values = append(r.Values, fourDigits(float64(v)/255))
	}
}

func fourDigits(v float64) float64 { return math.Round(v*1e4) / 1e4 }

// sizes describes the sides of all images.
func (s *Set) sizes() SizeStats {
	all := make([][2]int, s.Len())
	for i := range all {
		all[i] = [2]int{int(s.index.Widths[i]), int(s.index.Heights[i])}
	}
	slices.SortStableFunc(all, func(a, b [2]int) int {
		if area := a[0]*a[1] - b[0]*b[1]; area != 0 {
			return area
		}
		return a[0] - b[0]
	})
	return SizeStats{all[0], all[len(all)/2], all[len(all)-1]}
}
