package portable

import (
	"math"

	"golang.org/x/sys/cpu"
)

func init() {
	if cpu.X86.HasAVX2 && cpu.X86.HasFMA {
		vector.gelu, vector.geluGrad, vector.expRow = geluAVX2, geluGradAVX2, expRowAVX2
		vector.interleave4 = interleave4AVX2
	}
}

// constants is what the assembly reads of the assembly, one for each of eight lanes. The first is the least exponent, the thirteenth clears a sign.
var constants = tableOf(-87, math.Log2E, shifter, ln2High, ln2Low, 1.0/5040, 1.0/720, 1.0/120, 1.0/24, 1.0/6, 0.5, 1,
	math.Float32frombits(0x7fffffff), -0.5, erfSlope, erf5, erf4, erf3, erf2, erf1, 1/sqrt2Pi)

func tableOf(values ...float32) *[21][8]float32 {
	var t [21][8]float32
	for i, v := range values {
		for lane := range t[i] {
			t[i][lane] = v
		}
	}
	return &t
}

// The assembly takes whole groups of eight. What is left over goes through a group of its own, so that a number's result doesn't
// depend on its place.

func geluAVX2(y, x []float32) {
	n := len(x) &^ 7
	if n > 0 {
		gelu256(&y[0], &x[0], n, constants)
	}
	if n < len(x) {
		var to, from [8]float32
		copy(from[:], x[n:])
		gelu256(&to[0], &from[0], 8, constants)
		copy(y[n:len(x)], to[:])
	}
}

func geluGradAVX2(dx, x, dy []float32) {
	n := len(x) &^ 7
	if n > 0 {
		geluGrad256(&dx[0], &x[0], &dy[0], n, constants)
	}
	if n < len(x) {
		var to, from, by [8]float32
		copy(from[:], x[n:])
		copy(by[:], dy[n:])
		geluGrad256(&to[0], &from[0], &by[0], 8, constants)
		copy(dx[n:len(x)], to[:])
	}
}

func expRowAVX2(row []float32) (largest float32, sum float64) {
	n := len(row) &^ 7
	least := float32(math.Inf(-1))
	rest := [8]float32{least, least, least, least, least, least, least, least}
	lanes := rest
	copy(rest[:], row[n:])
	if n > 0 {
		max256(&lanes, &row[0], n)
	}
	max256(&lanes, &rest[0], 8)
	largest = least
	for _, v := range lanes {
		largest = max(largest, v)
	}
	lanes = [8]float32{}
	if n > 0 {
		exp256(&lanes, &row[0], n, largest, constants)
	}
	exp256(&lanes, &rest[0], 8, largest, constants)
	copy(row[n:], rest[:])
	for _, v := range lanes {
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

// interleave8 transposes four rows of src, eight columns at a time.
//
//go:noescape
func interleave8(dst, src *float32, width, across, depth int)

//go:noescape
func gelu256(y, x *float32, n int, table *[21][8]float32)

//go:noescape
func geluGrad256(dx, x, dy *float32, n int, table *[21][8]float32)

// max256 raises lanes to the largest of x.
//
//go:noescape
func max256(lanes *[8]float32, x *float32, n int)

// exp256 sets x to e^(x-largest) and adds it to lanes.
//
//go:noescape
func exp256(lanes *[8]float32, x *float32, n int, largest float32, table *[21][8]float32)
