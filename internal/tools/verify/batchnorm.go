package verify

import (
	"slices"

	"cmae/internal/kernel"
)

// The BatchNorms of rounding are the formulas, with every value disturbed that an implementation in
// float32 keeps or is given, and what is kept then taken for exact. (Our own make less of it: they
// sum in float64 and find out how far a kept mean is off.)

// BatchNorm takes mean and istd from the engine.
func (r rounding) BatchNorm(
	y, mean, istd, x, gamma, beta kernel.Tensor, eps float64, groups int, f kernel.Finish,
) {
	r.Engine.BatchNorm(y, mean, istd, x, gamma, beta, eps, groups, kernel.Finish{})
	r.disturb(kernel.Slice[float64](mean))
	r.disturb(kernel.Slice[float64](istd))
	xhat, gain := normalized(x, mean, istd, groups), gains(gamma, y)
	shift, residual := kernel.Slice[float64](beta), kernel.Slice[float64](f.Residual)
	to := kernel.Slice[float64](y)
	for i, v := range xhat {
		to[i] = v * gain[i%len(gain)]
		if shift != nil {
			to[i] += shift[i%len(shift)]
		}
		if residual != nil {
			to[i] += residual[i]
		}
		if f.ReLU {
			to[i] = max(to[i], 0)
		}
	}
	r.disturb(to)
}

// BatchNormGrad is dx = gamma istd (dy - mean(dy) - xhat mean(dy xhat)).
func (r rounding) BatchNormGrad(
	dx, dgamma, dbeta, x, gamma, mean, istd, dy, y kernel.Tensor, groups int,
) {
	xhat, gain := normalized(x, mean, istd, groups), gains(gamma, dx)
	scale, to := kernel.Slice[float64](istd), kernel.Slice[float64](dx)
	from := slices.Clone(kernel.Slice[float64](dy))
	for i, v := range kernel.Slice[float64](y) {
		if v <= 0 {
			from[i] = 0
		}
	}
	r.disturb(from)
	of := column(dx, groups)
	sums, products := make([]float64, len(scale)), make([]float64, len(scale))
	for i, d := range from {
		sums[of(i)] += d
		products[of(i)] += d * xhat[i]
	}
	rows := float64(len(to) / len(scale))
	for i, d := range from {
		c := of(i)
		to[i] = gain[i%len(gain)] * scale[c] * (d - (sums[c]+xhat[i]*products[c])/rows)
	}
	r.disturb(to)
	addGroups(kernel.Slice[float64](dbeta), sums)
	addGroups(kernel.Slice[float64](dgamma), products)
}

// column finds the column and group of element i of x[R,C], as an index of [groups,C].
func column(x kernel.Tensor, groups int) func(i int) int {
	cols, size := x.Cols(), x.Len()/groups
	return func(i int) int { return i/size*cols + i%cols }
}

// normalized is (x-mean) istd.
func normalized(x, mean, istd kernel.Tensor, groups int) []float64 {
	xhat, of := slices.Clone(kernel.Slice[float64](x)), column(x, groups)
	means, scale := kernel.Slice[float64](mean), kernel.Slice[float64](istd)
	for i, v := range xhat {
		xhat[i] = (v - means[of(i)]) * scale[of(i)]
	}
	return xhat
}

// gains is gamma of every column of x, ones if it is absent.
func gains(gamma, x kernel.Tensor) []float64 {
	if gamma.Absent() {
		return slices.Repeat([]float64{1}, x.Cols())
	}
	return kernel.Slice[float64](gamma)
}

// addGroups writes the sum over groups of values [groups,C] to [C], if that is there.
func addGroups(to, values []float64) {
	clear(to)
	for i, v := range values {
		if to != nil {
			to[i%len(to)] += v
		}
	}
}
