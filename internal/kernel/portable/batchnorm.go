package portable

import (
	"math"

	"cmae/internal/kernel"
)

// BatchNorm over each column of each group of rows.
func (m *arithmetic[T]) BatchNorm(
	y, mean, istd, x, gamma, beta kernel.Tensor, eps float64, groups int, end kernel.Finish,
) {
	f := m.open()
	defer f.close()
	xs := f.in(x)
	if n, ok := rowNormOf(m.workers, xs, x.Cols(), groups); ok {
		f := any(f).(*frame[float32])
		n.forward(
			f, f.out(y), f.out(mean), f.out(istd), f.in(gamma), f.in(beta), f.in(end.Residual),
			end.ReLU, eps,
		)
		return
	}
	b := batchNorm[T]{
		mean: f.out(mean), istd: f.out(istd), x: xs, gamma: f.in(gamma), cols: x.Cols(),
		groups: groups,
	}
	ys := f.out(y)
	b.forward(m.workers, ys, f.in(beta), eps)
	if !end.Residual.Absent() {
		add(ys, ys, f.in(end.Residual))
	}
	if end.ReLU {
		relu(ys, ys)
	}
}

// BatchNormGrad writes dx[R,C], dgamma[C], dbeta[C].
func (m *arithmetic[T]) BatchNormGrad(
	dx, dgamma, dbeta, x, gamma, mean, istd, dy, y kernel.Tensor, groups int,
) {
	f := m.open()
	defer f.close()
	xs := f.in(x)
	if n, ok := rowNormOf(m.workers, xs, x.Cols(), groups); ok {
		f := any(f).(*frame[float32])
		n.backward(
			f, f.out(dx), f.out(dgamma), f.out(dbeta), f.in(mean), f.in(istd), f.in(gamma),
			f.in(dy), f.in(y),
		)
		return
	}
	b := batchNorm[T]{
		mean: f.in(mean), istd: f.in(istd), x: xs, gamma: f.in(gamma), cols: x.Cols(),
		groups: groups,
	}
	dys := f.in(dy)
	if !y.Absent() {
		positive := f.scratch(len(dys))
		reluGrad(positive, f.in(y), dys)
		dys = positive
	}
	b.backward(m.workers, f.out(dx), f.out(dgamma), f.out(dbeta), dys)
}

// batchNorm is what both directions share, for few rows. A task owns a few columns, so that no sum
// crosses tasks. All arithmetic is in float64: over few rows, as in a projection head, the gradient
// is a small difference of large terms, and rounding them would be most of its error.
type batchNorm[T float] struct {
	mean, istd, x, gamma []T // gamma may be nil
	cols, groups         int
}

// columns is one sum for each column of a task.
type columns [columnGrain]float64

// group is the elements of group g, and their number of rows.
func (b batchNorm[T]) group(g int, x []T) ([]T, float64) {
	n := len(x) / b.groups
	return x[g*n : (g+1)*n], float64(n / b.cols)
}

func (b batchNorm[T]) forward(w workers, y, beta []T, eps float64) {
	w.each(b.cols, columnGrain, func(lo, hi int) {
		for g := range b.groups {
			x, n := b.group(g, b.x)
			out, _ := b.group(g, y)
			mean, squares := b.statistics(x, n, lo, hi)
			var scale, shift columns
			for j := range hi - lo {
				istd := 1 / math.Sqrt(squares[j]/n+eps)
				at := g*b.cols + lo + j
				b.mean[at], b.istd[at] = T(mean[j]), T(istd)
				scale[j] = istd * b.gain(lo+j)
				if beta != nil {
					shift[j] = float64(beta[lo+j])
				}
			}
			for row := 0; row < len(x); row += b.cols {
				to := out[row+lo : row+hi]
				for j, v := range x[row+lo : row+hi] {
					to[j] = T((float64(v)-mean[j])*scale[j] + shift[j])
				}
			}
		}
	})
}

// statistics is the mean of columns lo to hi of a group of n rows and their sums of squared
// distances from it.
func (b batchNorm[T]) statistics(x []T, n float64, lo, hi int) (mean, squares columns) {
	for row := 0; row < len(x); row += b.cols {
		for j, v := range x[row+lo : row+hi] {
			mean[j] += float64(v)
		}
	}
	for j := range mean {
		mean[j] /= n
	}
	for row := 0; row < len(x); row += b.cols {
		for j, v := range x[row+lo : row+hi] {
			d := float64(v) - mean[j]
			squares[j] += d * d
		}
	}
	return mean, squares
}

// backward: per group and column, with xhat = (x-mean)*istd, dx = gamma*istd (dy - mean(dy) - xhat
// mean(dy xhat)).
func (b batchNorm[T]) backward(w workers, dx, dgamma, dbeta, dy []T) {
	w.each(b.cols, columnGrain, func(lo, hi int) {
		var totalX, total columns
		for g := range b.groups {
			x, n := b.group(g, b.x)
			from, _ := b.group(g, dy)
			to, _ := b.group(g, dx)
			mean, sum, sumX := b.products(g, lo, hi, x, from)
			var scale, slope columns
			for j := range hi - lo {
				istd := float64(b.istd[g*b.cols+lo+j])
				total[j] += sum[j]
				totalX[j] += sumX[j] * istd
				sum[j] /= n
				scale[j], slope[j] = istd*b.gain(lo+j), sumX[j]*istd*istd/n
			}
			for row := 0; row < len(x); row += b.cols {
				out, at := to[row+lo:row+hi], x[row+lo:row+hi]
				for j, d := range from[row+lo : row+hi] {
					out[j] = T(scale[j] * (float64(d) - sum[j] - (float64(at[j])-mean[j])*slope[j]))
				}
			}
		}
		for j := range hi - lo {
			if dgamma != nil {
				dgamma[lo+j] = T(totalX[j])
			}
			if dbeta != nil {
				dbeta[lo+j] = T(total[j])
			}
		}
	})
}

// products is the mean of columns lo to hi of group g, the sum of dy, and the sum of dy (x-mean).
// The mean that the forward pass kept is rounded to T; how far it is off shows in the sum of
// x-mean.
func (b batchNorm[T]) products(g, lo, hi int, x, dy []T) (mean, sum, sumX columns) {
	for j, m := range b.mean[g*b.cols+lo : g*b.cols+hi] {
		mean[j] = float64(m)
	}
	var off columns
	for row := 0; row < len(x); row += b.cols {
		at := x[row+lo : row+hi]
		for j, d := range dy[row+lo : row+hi] {
			v := float64(at[j]) - mean[j]
			off[j] += v
			sum[j] += float64(d)
			sumX[j] += float64(d) * v
		}
	}
	for j := range mean {
		shift := off[j] * float64(b.cols) / float64(len(x))
		mean[j] += shift
		sumX[j] -= sum[j] * shift
	}
	return mean, sum, sumX
}

// gain is gamma of column j, 1 without one.
func (b batchNorm[T]) gain(j int) float64 {
	if b.gamma == nil {
		return 1
	}
	return float64(b.gamma[j])
}
