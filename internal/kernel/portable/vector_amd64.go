package portable

import (
	"math"
)

func init() {
	if Vectorized() {
		vector.expRow, vector.interleave4 = expRowAVX2, interleave4AVX2
		vector.copyLanes = copyLanesAVX2
	}
}

// lanes is one constant for each of eight lanes.
type lanes = [8]float32

// expConstants is what EXP of vector_amd64.s reads. The first is the least exponent.
var expConstants = [12]lanes{all(-87), all(math.Log2E), all(shifter), all(ln2High), all(ln2Low),
	all(1.0 / 5040), all(1.0 / 720), all(1.0 / 120), all(1.0 / 24), all(1.0 / 6), all(0.5), all(1)}

func all(v float32) lanes { return lanes{v, v, v, v, v, v, v, v} }

// The assembly takes whole groups of eight. What is left over goes through a group of its own, so
// that a number's result doesn't depend on its place.

func expRowAVX2(row []float32) (largest float32, sum float64) {
	n := len(row) &^ 7
	least := float32(math.Inf(-1))
	rest := all(least)
	most := rest
	copy(rest[:], row[n:])
	if n > 0 {
		max256(&most, &row[0], n)
	}
	max256(&most, &rest[0], 8)
	largest = least
	for _, v := range most {
		largest = max(largest, v)
	}
	var sums lanes
	if n > 0 {
		exp256(&sums, &row[0], n, largest, &expConstants)
	}
	exp256(&sums, &rest[0], 8, largest, &expConstants)
	copy(row[n:], rest[:])
	for _, v := range sums {
		sum += float64(v)
	}
	return largest, sum
}

func interleave4AVX2(dst, src []float32, width, across, depth int) int {
	whole := depth &^ 7
	if whole > 0 {
		interleave8(&dst[0], &src[0], width, across, whole)
	}
	return whole
}

func copyLanesAVX2(dst, src []float32, width, lanes, deep, depth int) int {
	l := 0
	for ; l+32 <= lanes; l += 32 {
		copy32(&dst[l], &src[l], width, deep, depth)
	}
	for ; l+12 <= lanes; l += 12 {
		copy12(&dst[l], &src[l], width, deep, depth)
	}
	return l
}

// copy32 moves 32 neighbours from each of depth rows of src.
//
//go:noescape
func copy32(dst, src *float32, width, deep, depth int)

// copy12 moves twelve.
//
//go:noescape
func copy12(dst, src *float32, width, deep, depth int)

// interleave8 transposes four rows of src, eight columns at a time.
//
//go:noescape
func interleave8(dst, src *float32, width, across, depth int)

// max256 raises most to the largest of x.
//
//go:noescape
func max256(most *lanes, x *float32, n int)

// exp256 sets x to e^(x-largest) and adds it to sums.
//
//go:noescape
func exp256(sums *lanes, x *float32, n int, largest float32, table *[12]lanes)
