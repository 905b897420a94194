package portable

import (
	"math"

	"cmae/internal/kernel"
)

// UpdateRunning moves mean and variance towards a batch's.
func (m *arithmetic[T]) UpdateRunning(
	mean, variance, batchMean, batchIStd kernel.Tensor, rows int, eps, momentum float64,
) {
	means, variances := kernel.Slice[T](mean), kernel.Slice[T](variance)
	from, istd, c := kernel.Slice[T](batchMean), kernel.Slice[T](batchIStd), len(means)
	groups := float64(len(from) / c)
	unbiased := float64(rows) / float64(rows-1)
	for j := range c {
		var mu, v float64
		for at := j; at < len(from); at += c {
			mu += float64(from[at])
			v += max(0, 1/(float64(istd[at])*float64(istd[at]))-eps)
		}
		means[j] += T(momentum * (mu/groups - float64(means[j])))
		variances[j] += T(momentum * (unbiased*v/groups - float64(variances[j])))
	}
}

// BatchNormRunning normalises columns by given statistics.
func (m *arithmetic[T]) BatchNormRunning(
	y, x, mean, variance, gamma, beta kernel.Tensor, eps float64, end kernel.Finish,
) {
	f := m.open()
	defer f.close()
	ys, xs, means, variances := f.out(y), f.in(x), f.in(mean), f.in(variance)
	gammas, betas := f.in(gamma), f.in(beta)
	residual := f.in(end.Residual)
	c := len(means)
	gain, shift := f.scratch(c), f.scratch(c)
	for j := range c {
		gain[j], shift[j] = T(1/math.Sqrt(float64(variances[j])+eps)), 0
		if gammas != nil {
			gain[j] *= gammas[j]
		}
		if betas != nil {
			shift[j] = betas[j]
		}
	}
	m.rows(len(ys)/c, c, func(lo, hi int) {
		lo, hi = lo*c, hi*c
		normRows(ys[lo:hi], xs[lo:hi], means, gain, shift, part(residual, lo, hi), end.ReLU)
	})
}
