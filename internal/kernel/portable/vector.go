package portable

import "golang.org/x/sys/cpu"

// vector is the float32 loops worth having in assembly; an architecture that has them puts them
// here at start.
var vector = struct {
	gelu     func(y, x []float32)
	geluGrad func(dx, x, dy []float32)
	expRow   func(row []float32) (largest float32, sum float64)
	// On as many rows as mean has elements, as in layernorm.go.
	layerNorm     func(y, mean, rstd, x, gamma, beta []float32, eps float64)
	layerNormGrad func(dx, dgamma, dbeta, x, gamma, mean, rstd, dy []float32)
	// On rows apart, as in softmax.go.
	softmaxRows     func(p, s []float32, rows, cols, stride int, scale float32)
	softmaxGradRows func(dp, p []float32, rows, cols, stride int, scale float32)
	// interleave4 does as much of the depth as it can and says how much.
	interleave4 func(dst, src []float32, width, across, depth int) int
	// copyLanes does as many of the lanes as it can and says how many.
	copyLanes func(dst, src []float32, width, lanes, deep, depth int) int
	adamW     func(p, g, m, v []float32, r adamWRates[float32])
	momentum  func(target, online []float32, keep, take float32)
	dot       func(a, b []float32) float64
	add       func(c, a, b []float32)
	relu      func(y, x []float32)
	reluGrad  func(dx, y, dy []float32)
	// On whole rows, as in rowloops.go.
	addRows      func(sum, x []float32)
	addSquares   func(sum, x, mean []float32)
	addProducts  func(sum, sumX, x, dy, y, mean []float32)
	normRows     func(y, x, mean, gain, shift, residual []float32, relu bool)
	normGradRows func(dx, x, dy, y, mean, gain, offset, slope []float32)
}{
	geluLoop[float32], geluGradLoop[float32], expRowLoop[float32],
	layerNormLoop[float32], layerNormGradLoop[float32],
	softmaxRowsLoop[float32], softmaxGradRowsLoop[float32],
	func(_, _ []float32, _, _, _ int) int { return 0 },
	func(_, _ []float32, _, _, _, _ int) int { return 0 },
	adamWLoop[float32], momentumLoop[float32], dotLoop[float32],
	addLoop[float32], reluLoop[float32], reluGradLoop[float32],
	addRowsLoop, addSquaresLoop, addProductsLoop, normRowsLoop[float32], normGradRowsLoop,
}

// Vectorized reports whether this CPU runs these loops in assembly.
func Vectorized() bool { return cpu.X86.HasAVX2 && cpu.X86.HasFMA }

// gelu is x Phi(x), Phi being the normal distribution. y may be x.
func gelu[T float](y, x []T) {
	if from, ok := any(x).([]float32); ok {
		vector.gelu(any(y).([]float32), from)
		return
	}
	geluLoop(y, x)
}

// geluGrad: dx = dy gelu'(x), gelu' = Phi(x) + x Phi'(x).
func geluGrad[T float](dx, x, dy []T) {
	if from, ok := any(x).([]float32); ok {
		vector.geluGrad(any(dx).([]float32), from, any(dy).([]float32))
		return
	}
	geluGradLoop(dx, x, dy)
}

// expRow sets row to e^(row-largest) and returns the largest element and the sum of the new ones.
func expRow[T float](row []T) (largest T, sum float64) {
	if x, ok := any(row).([]float32); ok {
		l, s := vector.expRow(x)
		return T(l), s
	}
	return expRowLoop(row)
}
