package portable

import (
	"math"

	"cmae/internal/kernel"
)

func (naive) UpdateRunning(
	mean, variance, batchMean, batchIStd kernel.Tensor, rows int, eps, momentum float64,
) {
	groups, c, n := batchMean.Shape[0], batchMean.Shape[1], float64(rows)
	for j := range c {
		var mu, v float64
		for g := range groups {
			istd := f64(batchIStd)[g*c+j]
			mu += f64(batchMean)[g*c+j] / float64(groups)
			v += (1/(istd*istd) - eps) * n / (n - 1) / float64(groups)
		}
		f64(mean)[j] = (1-momentum)*f64(mean)[j] + momentum*mu
		f64(variance)[j] = (1-momentum)*f64(variance)[j] + momentum*v
	}
}

func (naive) BatchNormRunning(
	y, x, mean, variance, gamma, beta kernel.Tensor, eps float64, end kernel.Finish,
) {
	c := y.Cols()
	for i := range f64(y) {
		j := i % c
		f64(y)[i] = (f64(x)[i] - f64(mean)[j]) / math.Sqrt(f64(variance)[j]+eps)
		if !gamma.Absent() {
			f64(y)[i] *= f64(gamma)[j]
		}
		if !beta.Absent() {
			f64(y)[i] += f64(beta)[j]
		}
	}
	finish(y, end)
}
