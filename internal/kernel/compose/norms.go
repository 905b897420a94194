package compose

import (
	"math"

	"cmae/internal/kernel"
)

// BatchNorm takes one group after the other.
func (c *composer) BatchNorm(
	y, mean, istd, x, gamma, beta kernel.Tensor, eps float64, groups int, f kernel.Finish,
) {
	w := c.begin()
	defer w.end()
	x, y = rows(w.in(x)), rows(w.out(y))
	normal := w.scratch(x, x.Shape...)
	n := x.Rows() / groups
	for g := range groups {
		from, to := x.Part(g*n, (g+1)*n), normal.Part(g*n, (g+1)*n)
		mu, scale := mean.Part(g, g+1), istd.Part(g, g+1)
		w.columnSums(mu, from)
		w.Scale(mu, mu, 1/float64(n))
		w.around(to, from, mu)
		squares := w.scratch(x, from.Shape...)
		w.Mul(squares, to, to)
		w.columnSums(scale, squares)
		w.Scale(scale, scale, 1/float64(n))
		w.plus(scale, scale, eps)
		w.Pow(scale, scale, -0.5)
		w.perColumn(to, to, scale)
	}
	w.finish(y, normal, gamma, beta, f)
}

// around: y = x - mean, in every row.
func (w *work) around(y, x, mean kernel.Tensor) {
	negative := w.scratch(mean, mean.Shape...)
	w.Scale(negative, mean, -1)
	w.addRow(y, x, negative)
}

// finish: y = finish(x gamma + beta). It overwrites x.
func (w *work) finish(y, x, gamma, beta kernel.Tensor, f kernel.Finish) {
	if !gamma.Absent() {
		w.perColumn(x, x, gamma)
	}
	if !beta.Absent() {
		w.addRow(x, x, beta)
	}
	if !f.Residual.Absent() {
		w.Add(x, x, w.in(f.Residual))
	}
	if f.ReLU {
		w.ReLU(y, x)
	} else {
		w.Copy(y, x)
	}
}

// BatchNormGrad: per group and column, dx = gamma*istd (dy - mean(dy) - (x-mean) istd^2 mean(dy
// (x-mean))).
func (c *composer) BatchNormGrad(
	dx, dgamma, dbeta, x, gamma, mean, istd, dy, y kernel.Tensor, groups int,
) {
	w := c.begin()
	defer w.end()
	x, dy, dx = rows(w.in(x)), rows(w.in(dy)), rows(w.out(dx))
	if !y.Absent() {
		counted := w.scratch(dy, dy.Shape...)
		w.ReLUGrad(counted, rows(w.in(y)), dy)
		dy = counted
	}
	n, columns := x.Rows()/groups, x.Cols()
	sums, sumsX := w.scratch(x, groups, columns), w.scratch(x, groups, columns)
	for g := range groups {
		from, grad, to := x.Part(g*n, (g+1)*n), dy.Part(g*n, (g+1)*n), dx.Part(g*n, (g+1)*n)
		scale, sum, sumX := istd.Part(g, g+1), sums.Part(g, g+1), sumsX.Part(g, g+1)
		centred, products := w.scratch(x, from.Shape...), w.scratch(x, from.Shape...)
		w.around(centred, from, mean.Part(g, g+1))
		w.Mul(products, grad, centred)
		w.columnSums(sum, grad)
		w.columnSums(sumX, products)
		w.Mul(sumX, sumX, scale) // of dy and the normalised x
		slope, shift := w.scratch(x, columns), w.scratch(x, columns)
		w.Mul(slope, sumX, scale)
		w.Scale(slope, slope, -1/float64(n))
		w.Scale(shift, sum, -1/float64(n))
		w.perColumn(centred, centred, slope)
		w.addRow(centred, centred, shift)
		w.Add(centred, centred, grad)
		w.perColumn(to, centred, scale)
	}
	if !gamma.Absent() {
		w.perColumn(dx, dx, gamma)
	}
	if !dgamma.Absent() {
		w.columnSums(dgamma, sumsX)
	}
	if !dbeta.Absent() {
		w.columnSums(dbeta, sums)
	}
}

// UpdateRunning moves both by Momentum.
func (c *composer) UpdateRunning(
	mean, variance, batchMean, batchIStd kernel.Tensor, rows int, eps, momentum float64,
) {
	w := c.begin()
	defer w.end()
	groups := float64(batchMean.Rows())
	average, spread := w.scratch(mean, mean.Len()), w.scratch(mean, mean.Len())
	w.columnSums(average, batchMean)
	w.Scale(average, average, 1/groups)
	w.EMA(mean, average, 1-momentum)
	variances := w.scratch(mean, batchIStd.Shape...)
	positive := w.scratch(mean, batchIStd.Shape...)
	w.Pow(variances, batchIStd, -2)
	w.plus(variances, variances, -eps)
	w.ReLU(positive, variances)
	w.columnSums(spread, positive)
	w.Scale(spread, spread, float64(rows)/float64(rows-1)/groups)
	w.EMA(variance, spread, 1-momentum)
}

// BatchNormRunning is BatchNorm without its statistics.
func (c *composer) BatchNormRunning(
	y, x, mean, variance, gamma, beta kernel.Tensor, eps float64, f kernel.Finish,
) {
	w := c.begin()
	defer w.end()
	x, y = rows(w.in(x)), rows(w.out(y))
	normal, scale := w.scratch(x, x.Shape...), w.scratch(x, variance.Shape...)
	w.around(normal, x, mean)
	w.plus(scale, variance, eps)
	w.Pow(scale, scale, -0.5)
	w.perColumn(normal, normal, scale)
	w.finish(y, normal, gamma, beta, f)
}

// L2Normalize takes the larger of a length and the least one as their difference, cut off at 0.
func (c *composer) L2Normalize(y, norm, x kernel.Tensor) {
	w := c.begin()
	defer w.end()
	squares := w.scratch(x, x.Shape...)
	length, above := w.scratch(x, x.Rows()), w.scratch(x, x.Rows())
	w.Mul(squares, x, x)
	w.rowSums(length, squares)
	w.Pow(length, length, 0.5)
	w.plus(length, length, -kernel.MinLength)
	w.ReLU(above, length)
	w.plus(norm.View(x.Rows()), above, kernel.MinLength)
	w.Pow(length, norm, -1)
	w.perRow(rows(y), rows(x), length)
}

// L2NormalizeGrad takes out what lies along y.
func (c *composer) L2NormalizeGrad(dx, y, norm, dy kernel.Tensor) {
	w := c.begin()
	defer w.end()
	along, inverse := w.scratch(y, y.Rows()), w.scratch(y, y.Rows())
	part := w.scratch(y, y.Shape...)
	w.Mul(part, y, dy)
	w.rowSums(along, part)
	w.perRow(rows(part), rows(y), along)
	w.minus(part, dy, part)
	w.Pow(inverse, norm, -1)
	w.perRow(rows(dx), rows(part), inverse)
}

// Standardize is LayerNorm, whose variance is the biased one: C-1 of C parts of the unbiased.
func (c *composer) Standardize(y, x kernel.Tensor, eps float64) {
	w := c.begin()
	defer w.end()
	columns := x.Cols()
	part := float64(columns-1) / float64(columns)
	w.LayerNorm(
		y, kernel.Tensor{}, kernel.Tensor{}, x, w.filled(x, math.Sqrt(part), columns),
		w.filled(x, 0, columns), eps*part,
	)
}
