package portable

import (
	"math"

	"cmae/internal/kernel"
)

// BatchNorm over each column of each group of rows.
func (m *machine[T]) BatchNorm(y, mean, istd, x, gamma, beta kernel.Tensor, eps float64, groups int) {
	f := m.open()
	defer f.close()
	b := batchNorm[T]{mean: f.out(mean), istd: f.out(istd), x: f.in(x), gamma: f.in(gamma), cols: x.Cols(), groups: groups}
	b.forward(m.workers, f.out(y), f.in(beta), eps)
}

// BatchNormGrad writes dx[R,C], dgamma[C], dbeta[C].
func (m *machine[T]) BatchNormGrad(dx, dgamma, dbeta, x, gamma, mean, istd, dy kernel.Tensor, groups int) {
	f := m.open()
	defer f.close()
	b := batchNorm[T]{mean: f.in(mean), istd: f.in(istd), x: f.in(x), gamma: f.in(gamma), cols: x.Cols(), groups: groups}
	b.backward(m.workers, f.out(dx), f.out(dgamma), f.out(dbeta), f.in(dy))
}

// batchNorm is what both directions share. A task owns a few columns, so that no sum crosses tasks.
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
			var scale, shift [columnGrain]T
			for j := range hi - lo {
				istd := 1 / math.Sqrt(squares[j]/n+eps)
				at := g*b.cols + lo + j
				b.mean[at], b.istd[at] = T(mean[j]), T(istd)
				scale[j] = T(istd) * b.gain(lo+j)
				if beta != nil {
					shift[j] = beta[lo+j]
				}
			}
			for row := 0; row < len(x); row += b.cols {
				to := out[row+lo : row+hi]
				for j, v := range x[row+lo : row+hi] {
					to[j] = (v-T(mean[j]))*scale[j] + shift[j]
				}
			}
		}
	})
}

// statistics is the mean of columns lo to hi of a group of n rows and their sums of squared distances from it.
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

// backward: per group and column, with xhat = (x-mean)*istd, dx = gamma*istd (dy - mean(dy) - xhat mean(dy xhat)).
func (b batchNorm[T]) backward(w workers, dx, dgamma, dbeta, dy []T) {
	w.each(b.cols, columnGrain, func(lo, hi int) {
		var totalX, total columns
		for g := range b.groups {
			x, n := b.group(g, b.x)
			from, _ := b.group(g, dy)
			to, _ := b.group(g, dx)
			mean, istd := b.mean[g*b.cols+lo:g*b.cols+hi], b.istd[g*b.cols+lo:g*b.cols+hi]
			var sumX, sum columns
			for row := 0; row < len(x); row += b.cols {
				for j, d := range from[row+lo : row+hi] {
					sum[j] += float64(d)
					sumX[j] += float64(d * (x[row+lo+j] - mean[j]) * istd[j])
				}
			}
			for j := range sum {
				total[j] += sum[j]
				totalX[j] += sumX[j]
			}
			for row := 0; row < len(x); row += b.cols {
				for j, d := range from[row+lo : row+hi] {
					hat := (x[row+lo+j] - mean[j]) * istd[j]
					to[row+lo+j] = b.gain(lo+j) * istd[j] * (d - T(sum[j]/n) - hat*T(sumX[j]/n))
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

// gain is gamma of column j, 1 without one.
func (b batchNorm[T]) gain(j int) T {
	if b.gamma == nil {
		return 1
	}
	return b.gamma[j]
}
