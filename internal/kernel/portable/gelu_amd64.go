package portable

import "golang.org/x/sys/cpu"

func init() {
	if Vectorized() {
		vector.gelu, vector.geluGrad = geluAVX2, geluGradAVX2
		if cpu.X86.HasAVX512F {
			vector.gelu, vector.geluGrad = geluAVX512, geluGradAVX512
		}
	}
}

// The assembly takes whole groups, AVX-512's of sixteen and AVX2's of eight. Both do the same
// operations in the same order: what is left over by one goes to the other, then through a group of
// its own, and a number's result doesn't depend on its place.

func geluAVX512(y, x []float32) {
	n := len(x) &^ 15
	if n > 0 {
		gelu512(&y[0], &x[0], n, &geluConstants)
	}
	geluAVX2(y[n:], x[n:])
}

func geluGradAVX512(dx, x, dy []float32) {
	n := len(x) &^ 15
	if n > 0 {
		geluGrad512(&dx[0], &x[0], &dy[0], n, &geluConstants)
	}
	geluGradAVX2(dx[n:], x[n:], dy[n:])
}

func geluAVX2(y, x []float32) {
	n := len(x) &^ 7
	if n > 0 {
		gelu256(&y[0], &x[0], n, &geluConstants)
	}
	if n < len(x) {
		var to, from lanes
		copy(from[:], x[n:])
		gelu256(&to[0], &from[0], 8, &geluConstants)
		copy(y[n:len(x)], to[:])
	}
}

func geluGradAVX2(dx, x, dy []float32) {
	n := len(x) &^ 7
	if n > 0 {
		geluGrad256(&dx[0], &x[0], &dy[0], n, &geluConstants)
	}
	if n < len(x) {
		var to, from, by lanes
		copy(from[:], x[n:])
		copy(by[:], dy[n:])
		geluGrad256(&to[0], &from[0], &by[0], 8, &geluConstants)
		copy(dx[n:len(x)], to[:])
	}
}

//go:noescape
func gelu512(y, x *float32, n int, constants *[25]lanes)

//go:noescape
func geluGrad512(dx, x, dy *float32, n int, constants *[25]lanes)

//go:noescape
func gelu256(y, x *float32, n int, constants *[25]lanes)

//go:noescape
func geluGrad256(dx, x, dy *float32, n int, constants *[25]lanes)
