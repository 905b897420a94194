package eightbit

import "slices"

// percentiles sorts samples and gives those between which nearly all lie.
func percentiles(samples []float64) ([]float64, Span) {
	if len(samples) == 0 {
		return nil, Span{}
	}
	slices.Sort(samples)
	samples = withoutFill(samples)
	cut := int(levelShare * float64(len(samples)))
	return samples, Span{Black: samples[cut], White: samples[len(samples)-1-cut]}
}

// fewestValues is how many different values there must be besides one that stands for no data.
const fewestValues = 16

// withoutFill leaves out of sorted samples a value at either end that repeats and lies further from
// the others than these lie apart: what writers have for no data, such as -9999, and overflows.
func withoutFill(sorted []float64) []float64 {
	for range 4 { // both ends, one after the other, and once more
		n := len(sorted)
		low, high := 0, n // the values between do not equal the first, or the last
		for low < n && sorted[low] == sorted[0] {
			low++
		}
		for high > 0 && sorted[high-1] == sorted[n-1] {
			high--
		}
		switch {
		case fills(sorted[0], low, sorted[low:]):
			sorted = sorted[low:]
		case fills(sorted[n-1], n-high, sorted[:high]):
			sorted = sorted[:high]
		default:
			return sorted
		}
	}
	return sorted
}

// fills says whether a value that is there so many times stands for none beside the rest, sorted.
func fills(value float64, times int, rest []float64) bool {
	if float64(times) <= levelShare*float64(times+len(rest)) || len(rest) == 0 {
		return false
	}
	first, last := rest[0], rest[len(rest)-1]
	if max(first-value, value-last) <= last-first {
		return false
	}
	different := 1
	for i := 1; i < len(rest) && different < fewestValues; i++ {
		if rest[i] != rest[i-1] {
			different++
		}
	}
	return different == fewestValues
}

// customary gives 0 and the 1, 255 or 65535 that numbers of a type without a range of its own
// mostly end at, or what it is given where that spans too little of it.
func customary(lowest, highest float64, s Span) Span {
	for _, top := range []float64{1, 255, 65535} {
		if lowest >= 0 && highest <= top {
			if s.White-s.Black >= levelSpan*top {
				return Span{Black: 0, White: top}
			}
			break
		}
	}
	return s
}

// crowded says whether nine tenths of sorted samples lie in a sixteenth of what becomes black to
// white, which is so much where the span is that of the type.
func crowded(sorted []float64, s Span, most float64) bool {
	if len(sorted) == 0 {
		return false
	}
	if s.set() {
		most = s.White - s.Black
	}
	end := len(sorted) - 1
	return 16*(sorted[end-end/20]-sorted[end/20]) < most
}
