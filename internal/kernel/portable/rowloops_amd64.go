package portable

import "math"

func init() {
	if Vectorized() {
		vector.addRows, vector.addSquares = addRowsAVX2, addSquaresAVX2
		vector.addProducts = addProductsAVX2
		vector.normRows, vector.normGradRows = normRowsAVX2, normGradRowsAVX2
	}
}

// whole says that rows of c columns are whole groups of eight. The assembly wants that, and doesn't
// fuse multiplication and addition.
func whole(c int, x []float32) bool { return c&7 == 0 && len(x) > 0 }

func addRowsAVX2(sum, x []float32) {
	if !whole(len(sum), x) {
		addRowsLoop(sum, x)
		return
	}
	addRows256(&sum[0], &x[0], len(sum), len(x))
}

func addSquaresAVX2(sum, x, mean []float32) {
	if !whole(len(sum), x) {
		addSquaresLoop(sum, x, mean)
		return
	}
	addSquares256(&sum[0], &x[0], &mean[0], len(sum), len(x))
}

func addProductsAVX2(sum, sumX, x, dy, y, mean []float32) {
	if !whole(len(sum), x) {
		addProductsLoop(sum, sumX, x, dy, y, mean)
		return
	}
	mask, least := positive(y, dy)
	addProducts256(&sum[0], &sumX[0], &x[0], &dy[0], &mask[0], &mean[0], len(sum), len(x), least)
}

func normRowsAVX2(y, x, mean, gain, shift, residual []float32, relu bool) {
	if !whole(len(mean), x) {
		normRowsLoop(y, x, mean, gain, shift, residual, relu)
		return
	}
	least := float32(math.Inf(-1))
	if relu {
		least = 0
	}
	if residual == nil {
		normRows256(&y[0], &x[0], &mean[0], &gain[0], &shift[0], len(mean), len(x), least)
		return
	}
	normAddRows256(
		&y[0], &x[0], &mean[0], &gain[0], &shift[0], &residual[0], len(mean), len(x), least,
	)
}

func normGradRowsAVX2(dx, x, dy, y, mean, gain, offset, slope []float32) {
	if !whole(len(mean), x) {
		normGradRowsLoop(dx, x, dy, y, mean, gain, offset, slope)
		return
	}
	mask, least := positive(y, dy)
	normGradRows256(
		&dx[0], &x[0], &dy[0], &mask[0], &mean[0], &gain[0], &offset[0], &slope[0], len(mean),
		len(x), least,
	)
}

// positive gives operands of the comparison mask > least that is true where y is positive. Without
// y it is true or unimportant everywhere: the comparison is of integers, and the least one is only
// the one of a dy of -0.
func positive(y, dy []float32) (mask []float32, least int32) {
	if y == nil {
		return dy, math.MinInt32
	}
	return y, 0
}

// addRows256: sum[c] += each row of x, which has n elements in all, as below.
//
//go:noescape
func addRows256(sum, x *float32, c, n int)

//go:noescape
func addSquares256(sum, x, mean *float32, c, n int)

//go:noescape
func addProducts256(sum, sumX, x, dy, mask, mean *float32, c, n int, least int32)

//go:noescape
func normRows256(y, x, mean, gain, shift *float32, c, n int, least float32)

//go:noescape
func normAddRows256(y, x, mean, gain, shift, residual *float32, c, n int, least float32)

//go:noescape
func normGradRows256(dx, x, dy, mask, mean, gain, offset, slope *float32, c, n int, least int32)
