package portable

import (
	"math"

	"cmae/internal/kernel"
)

// LayerNorm over each row of x[R,C].
func (m *arithmetic[T]) LayerNorm(y, mean, rstd, x, gamma, beta kernel.Tensor, eps float64) {
	f := m.open()
	defer f.close()
	means, rstds, xs, gammas, betas := f.out(mean), f.out(rstd), f.in(x), f.in(gamma), f.in(beta)
	r, c := x.Rows(), x.Cols()
	if means == nil {
		means = f.scratch(r)
	}
	if rstds == nil {
		rstds = f.scratch(r)
	}
	m.rows(r, c, func(lo, hi int) {
		g := m.single.open()
		defer g.close()
		layerNormRows(
			g.outPart(y, lo*c, hi*c), means[lo:hi], rstds[lo:hi], xs[lo*c:hi*c], gammas, betas, eps,
		)
	})
}

// LayerNormGrad computes: with xhat = (x-mean)*rstd and g = dy*gamma, dx = rstd (g - mean(g) - xhat
// mean(g xhat)); dgamma is the column sum of dy*xhat, dbeta that of dy. Column sums are taken over
// pieces of rows, then over the pieces in order.
func (m *arithmetic[T]) LayerNormGrad(dx, dgamma, dbeta, x, gamma, mean, rstd, dy kernel.Tensor) {
	f := m.open()
	defer f.close()
	dxs, xs, gammas, means, rstds := f.out(dx), f.in(x), f.in(gamma), f.in(mean), f.in(rstd)
	r, c := x.Rows(), x.Cols()
	grain := sumGrain(c)
	parts := f.scratch(pieces(r, grain) * 2 * c) // [pieces, dgamma|dbeta]
	m.each(r, grain, func(lo, hi int) {
		g := m.single.open()
		defer g.close()
		part := parts[lo/grain*2*c:][:2*c]
		clear(part)
		layerNormGradRows(
			dxs[lo*c:hi*c], part[:c], part[c:], xs[lo*c:hi*c], gammas, means[lo:hi], rstds[lo:hi],
			g.inPart(dy, lo*c, hi*c),
		)
	})
	total := f.sums(2 * c)
	columnSums(f.workers, total, parts)
	recast(f.out(dgamma), total[:c])
	recast(f.out(dbeta), total[c:])
}

// layerNormRows normalizes as many rows as mean has elements.
func layerNormRows[T float](y, mean, rstd, x, gamma, beta []T, eps float64) {
	if from, ok := any(x).([]float32); ok {
		vector.layerNorm(
			any(y).([]float32), any(mean).([]float32), any(rstd).([]float32), from,
			any(gamma).([]float32), any(beta).([]float32), eps,
		)
		return
	}
	layerNormLoop(y, mean, rstd, x, gamma, beta, eps)
}

func layerNormLoop[T float](y, mean, rstd, x, gamma, beta []T, eps float64) {
	c := len(gamma)
	for r := range mean {
		from, to := x[r*c:(r+1)*c], y[r*c:(r+1)*c]
		mu, squares := moments(from)
		inverse := 1 / math.Sqrt(squares/float64(c)+eps)
		mean[r], rstd[r] = T(mu), T(inverse)
		m, s, beta := T(mu), T(inverse), beta[:len(from)]
		for j, g := range gamma {
			to[j] = (from[j]-m)*s*g + beta[j]
		}
	}
}

// moments is the mean of x and the sum of squared distances from it, added in float64 and in two
// passes so that nothing cancels.
func moments[T float](x []T) (mean, squares float64) {
	mean = sum(x) / float64(len(x))
	var s0, s1 float64
	i := 0
	for ; i+2 <= len(x); i += 2 {
		a, b := float64(x[i])-mean, float64(x[i+1])-mean
		s0, s1 = s0+a*a, s1+b*b
	}
	if i < len(x) {
		a := float64(x[i]) - mean
		s0 += a * a
	}
	return mean, s0 + s1
}

// sum adds in float64.
func sum[T float](x []T) float64 {
	var s0, s1 float64
	i := 0
	for ; i+2 <= len(x); i += 2 {
		s0, s1 = s0+float64(x[i]), s1+float64(x[i+1])
	}
	if i < len(x) {
		s0 += float64(x[i])
	}
	return s0 + s1
}

// layerNormGradRows is the gradient of as many rows as mean has elements; it adds to dgamma and
// dbeta.
func layerNormGradRows[T float](dx, dgamma, dbeta, x, gamma, mean, rstd, dy []T) {
	if from, ok := any(x).([]float32); ok {
		vector.layerNormGrad(
			any(dx).([]float32), any(dgamma).([]float32), any(dbeta).([]float32), from,
			any(gamma).([]float32), any(mean).([]float32), any(rstd).([]float32),
			any(dy).([]float32),
		)
		return
	}
	layerNormGradLoop(dx, dgamma, dbeta, x, gamma, mean, rstd, dy)
}

func layerNormGradLoop[T float](dxs, dgamma, dbeta, xs, gamma, means, rstds, dys []T) {
	c := len(gamma)
	dgamma, dbeta = dgamma[:c], dbeta[:c]
	for r, mean := range means {
		x, dy, dx, rstd := xs[r*c:(r+1)*c], dys[r*c:(r+1)*c], dxs[r*c:(r+1)*c], rstds[r]
		var sumG, sumGX float64
		for j, gamma := range gamma {
			hat, d := (x[j]-mean)*rstd, dy[j]
			g := d * gamma
			sumG += float64(g)
			sumGX += float64(g * hat)
			dgamma[j] += d * hat
			dbeta[j] += d
		}
		meanG, meanGX := T(sumG/float64(c)), T(sumGX/float64(c))
		for j, gamma := range gamma {
			hat := (x[j] - mean) * rstd
			dx[j] = rstd * (dy[j]*gamma - meanG - hat*meanGX)
		}
	}
}
