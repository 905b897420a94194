package augment

import "math"

// span is a range of source pixels on one axis.
type span struct{ first, length int }

// axis says how the output pixels of one axis mix source pixels: output i is the sum over j of
// weights[i*taps+j] * source[first[i]+j].
type axis struct {
	taps    int
	first   []int
	weights []float32
	source  span // the source pixels that any output needs
}

// Filter is how views are resized.
type Filter string

// The filters: MAE's, and the one that MoCo's code leaves to torchvision.
const (
	Bicubic  Filter = "bicubic"
	Bilinear Filter = "bilinear"
)

// kernel is a function that is 0 from distance support on.
type kernel struct {
	support float64
	at      func(x float64) float64
}

// kernel is the filter's; bicubic where none is named.
func (f Filter) kernel() kernel {
	if f == Bilinear {
		return kernel{1, func(x float64) float64 { return max(0, 1-math.Abs(x)) }}
	}
	return kernel{2, cubic}
}

// plan prepares resizing the source span to total pixels, of which side from window on are kept, in
// reverse order if mirrored. The weights are those of an antialiased kernel with Pillow's
// conventions: pixel centres at halves, the kernel widened when shrinking, no tap outside the span,
// each output's weights summing to 1.
func (a *axis) plan(k kernel, source span, total, window, side int, mirrored bool) {
	scale := float64(source.length) / float64(total)
	widen := max(scale, 1)
	support := k.support * widen
	a.taps = min(int(math.Ceil(2*support)), source.length)
	a.first, a.weights = resized(a.first, side), resized(a.weights, side*a.taps)
	low, high := source.length, 0
	for i := range side {
		centre := (float64(window+i) + .5) * scale
		first := max(int(centre-support+.5), 0)
		last := min(int(centre+support+.5), source.length, first+a.taps)
		// all outputs have the same number of taps; surplus ones weigh nothing
		start := min(first, source.length-a.taps)
		out := i
		if mirrored {
			out = side - 1 - i
		}
		a.first[out] = source.first + start
		low, high = min(low, start), max(high, start+a.taps)
		k.fill(a.weights[out*a.taps:(out+1)*a.taps], start, first, last, centre, widen)
	}
	a.source = span{source.first + low, high - low}
}

// fill computes one output's normalised weights; weights[j] belongs to source pixel start+j
// and is 0 outside first to last.
func (k kernel) fill(weights []float32, start, first, last int, centre, widen float64) {
	sum := 0.
	for x := first; x < last; x++ {
		sum += k.at((float64(x) + .5 - centre) / widen)
	}
	clear(weights)
	for x := first; x < last; x++ {
		weights[x-start] = float32(k.at((float64(x)+.5-centre)/widen) / sum)
	}
}

// cubic is the interpolation kernel of Keys with a = -1/2, zero from distance 2 on.
func cubic(x float64) float64 {
	const a = -.5
	switch x = math.Abs(x); {
	case x < 1:
		return ((a+2)*x-(a+3))*x*x + 1
	case x < 2:
		return ((x-5)*x+8)*x*a - 4*a
	}
	return 0
}

// resized returns a slice of n elements, in the same memory if that is large enough; the contents
// are arbitrary.
func resized[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}
