package portable

import "math"

// rowNorm is BatchNorm of many float32 rows, such as the pixels of images: it waits for memory, so
// it goes through it by rows, once for the statistics and once for the result, in float32 within a
// piece of rows and in float64 across pieces.
type rowNorm struct {
	workers
	x            []float32
	cols, groups int
}

// rowNormRows is how many rows a group must have: enough that rounding in float32 is small beside
// what is left of a gradient after its mean is taken off.
const rowNormRows = 64

// rowNormOf is the rowNorm of x, if it is one.
func rowNormOf[T float](w workers, x []T, cols, groups int) (rowNorm, bool) {
	narrow, ok := any(x).([]float32)
	return rowNorm{w, narrow, cols, groups}, ok && len(x)/groups/cols >= rowNormRows
}

// sumGrain is how many rows of c columns are added in their own type; such sums are added in
// float64. Fewer would make the sums of pieces as big as x, and in float32 the sum of more loses a
// digit to each hundred.
func sumGrain(c int) int { return min(max(rowGrain(c), 32), 256) }

// rows of one group, rows of a piece, and pieces of a group.
func (n rowNorm) cut() (rows, piece, pieces int) {
	rows = len(n.x) / n.cols / n.groups
	piece = sumGrain(n.cols)
	return rows, piece, (rows + piece - 1) / piece
}

// pass calls body for every piece of rows: its number, its group, and the elements that it is.
func (n rowNorm) pass(body func(piece, group, lo, hi int)) {
	rows, size, pieces := n.cut()
	n.each(n.groups*pieces, 1, func(first, last int) {
		for p := first; p < last; p++ {
			g, from := p/pieces, p%pieces*size
			body(p, g, (g*rows+from)*n.cols, (g*rows+min(from+size, rows))*n.cols)
		}
	})
}

// forward: scale and shift are scratch of [groups,C].
func (n rowNorm) forward(
	f *frame[float32], y, mean, istd, gamma, beta, residual []float32, relu bool, eps float64,
) {
	c := n.cols
	_, _, pieces := n.cut()
	// mean and sum of squared distances from it, of each piece
	parts := f.scratch(2 * c * n.groups * pieces)
	n.pass(func(p, _, lo, hi int) {
		sum, squares := parts[2*c*p:][:c], parts[2*c*p+c:][:c]
		clear(sum)
		clear(squares)
		vector.addRows(sum, n.x[lo:hi])
		scale(sum, sum, float32(c)/float32(hi-lo))
		vector.addSquares(squares, n.x[lo:hi], sum)
	})
	gain, shift := f.scratch(n.groups*c), f.scratch(c)
	clear(shift)
	copy(shift, beta)
	n.each(c, columnGrain, func(lo, hi int) {
		for g := range n.groups {
			n.merge(parts, g, lo, hi, mean[g*c:], istd[g*c:], eps)
			for j := lo; j < hi; j++ {
				gain[g*c+j] = istd[g*c+j]
				if gamma != nil {
					gain[g*c+j] *= gamma[j]
				}
			}
		}
	})
	n.pass(func(_, g, lo, hi int) {
		vector.normRows(
			y[lo:hi], n.x[lo:hi], mean[g*c:][:c], gain[g*c:][:c], shift, part(residual, lo, hi),
			relu,
		)
	})
}

// merge puts mean and squares of the pieces of group g together, columns lo to hi, as if all rows
// had been one piece.
func (n rowNorm) merge(parts []float32, g, lo, hi int, mean, istd []float32, eps float64) {
	rows, size, pieces := n.cut()
	var mu, squares columns
	done := 0
	for p := range pieces {
		at := parts[2*n.cols*(g*pieces+p):]
		more := min(size, rows-done)
		share := float64(more) / float64(done+more)
		for j := range hi - lo {
			d := float64(at[lo+j]) - mu[j]
			mu[j] += share * d
			squares[j] += float64(at[n.cols+lo+j]) + d*d*share*float64(done)
		}
		done += more
	}
	for j := range hi - lo {
		mean[lo+j], istd[lo+j] = float32(mu[j]), float32(1/math.Sqrt(squares[j]/float64(rows)+eps))
	}
}

// backward is the gradient of batchNorm; y, where present, is the result of a ReLU.
func (n rowNorm) backward(
	f *frame[float32], dx, dgamma, dbeta, mean, istd, gamma, dy, y []float32,
) {
	c := n.cols
	rows, _, pieces := n.cut()
	parts := f.scratch(2 * c * n.groups * pieces) // sums of dy and of dy (x-mean)
	n.pass(func(p, g, lo, hi int) {
		sum, sumX := parts[2*c*p:][:c], parts[2*c*p+c:][:c]
		clear(sum)
		clear(sumX)
		vector.addProducts(sum, sumX, n.x[lo:hi], dy[lo:hi], part(y, lo, hi), mean[g*c:][:c])
	})
	gain, offset, slope := f.scratch(n.groups*c), f.scratch(n.groups*c), f.scratch(n.groups*c)
	n.each(c, columnGrain, func(lo, hi int) {
		var total, totalX columns
		for g := range n.groups {
			var sum, sumX columns
			for p := g * pieces; p < (g+1)*pieces; p++ {
				for j := range hi - lo {
					sum[j] += float64(parts[2*c*p+lo+j])
					sumX[j] += float64(parts[2*c*p+c+lo+j])
				}
			}
			for j := range hi - lo {
				at, s := g*c+lo+j, float64(istd[g*c+lo+j])
				total[j] += sum[j]
				totalX[j] += sumX[j] * s
				k := s
				if gamma != nil {
					k *= float64(gamma[lo+j])
				}
				gain[at] = float32(k)
				offset[at] = float32(k * sum[j] / float64(rows))
				slope[at] = float32(k * s * s * sumX[j] / float64(rows))
			}
		}
		for j := range hi - lo {
			if dgamma != nil {
				dgamma[lo+j] = float32(totalX[j])
			}
			if dbeta != nil {
				dbeta[lo+j] = float32(total[j])
			}
		}
	})
	n.pass(func(_, g, lo, hi int) {
		vector.normGradRows(
			dx[lo:hi], n.x[lo:hi], dy[lo:hi], part(y, lo, hi), mean[g*c:][:c], gain[g*c:][:c],
			offset[g*c:][:c], slope[g*c:][:c],
		)
	})
}

// part is x[lo:hi], nil of nil.
func part[T any](x []T, lo, hi int) []T {
	if x == nil {
		return nil
	}
	return x[lo:hi]
}
