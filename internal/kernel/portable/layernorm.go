package portable

import (
	"math"

	"cmae/internal/kernel"
)

// LayerNorm over each row of x[R,C].
func (m *machine[T]) LayerNorm(y, mean, rstd, x, gamma, beta kernel.Tensor, eps float64) {
	f := m.open()
	defer f.close()
	layerNorm(m.workers, f.out(y), f.out(mean), f.out(rstd), f.in(x), f.in(gamma), f.in(beta), eps)
}

// LayerNormGrad writes dx[R,C], dgamma[C], dbeta[C].
func (m *machine[T]) LayerNormGrad(dx, dgamma, dbeta, x, gamma, mean, rstd, dy kernel.Tensor) {
	f := m.open()
	defer f.close()
	b := layerNormBackward[T]{
		dx: f.out(dx), dgamma: f.out(dgamma), dbeta: f.out(dbeta), x: f.in(x), gamma: f.in(gamma),
		mean: f.in(mean), rstd: f.in(rstd), dy: f.in(dy),
	}
	b.run(f)
}

func layerNorm[T float](w workers, y, mean, rstd, x, gamma, beta []T, eps float64) {
	c := len(gamma)
	w.rows(len(x)/c, c, func(lo, hi int) {
		for r := lo; r < hi; r++ {
			from, to := x[r*c:(r+1)*c], y[r*c:(r+1)*c]
			mu, squares := moments(from)
			inverse := 1 / math.Sqrt(squares/float64(c)+eps)
			if mean != nil {
				mean[r] = T(mu)
			}
			if rstd != nil {
				rstd[r] = T(inverse)
			}
			m, s, beta := T(mu), T(inverse), beta[:len(from)]
			for j, g := range gamma {
				to[j] = (from[j]-m)*s*g + beta[j]
			}
		}
	})
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

// layerNormBackward is the operands of LayerNormGrad.
type layerNormBackward[T float] struct {
	dx, dgamma, dbeta        []T
	x, gamma, mean, rstd, dy []T
}

// run computes: with xhat = (x-mean)*rstd and g = dy*gamma, dx = rstd (g - mean(g) - xhat mean(g
// xhat)); dgamma is the column sum of dy*xhat, dbeta that of dy. Column sums are taken over pieces
// of rows, then over the pieces in order.
func (b layerNormBackward[T]) run(f *frame[T]) {
	c := len(b.gamma)
	r := len(b.x) / c
	grain := rowGrain(c)
	parts := f.sums(pieces(r, grain) * 2 * c) // [pieces, dgamma|dbeta]
	f.each(r, grain, func(lo, hi int) {
		part := parts[lo/grain*2*c:][:2*c]
		for i := lo; i < hi; i++ {
			b.row(i, part[:c], part[c:])
		}
	})
	total := f.sums(2 * c)
	columnSums(f.workers, total, parts)
	recast(b.dgamma, total[:c])
	recast(b.dbeta, total[c:])
}

func (b layerNormBackward[T]) row(r int, dgamma, dbeta []float64) {
	c := len(b.gamma)
	x, dy, dx := b.x[r*c:(r+1)*c], b.dy[r*c:(r+1)*c], b.dx[r*c:(r+1)*c]
	mean, rstd := b.mean[r], b.rstd[r]
	dgamma, dbeta = dgamma[:c], dbeta[:c]
	var sumG, sumGX float64
	for j, gamma := range b.gamma {
		hat, d := (x[j]-mean)*rstd, dy[j]
		g := d * gamma
		sumG += float64(g)
		sumGX += float64(g * hat)
		dgamma[j] += float64(d * hat)
		dbeta[j] += float64(d)
	}
	meanG, meanGX := T(sumG/float64(c)), T(sumGX/float64(c))
	for j, gamma := range b.gamma {
		hat := (x[j] - mean) * rstd
		dx[j] = rstd * (dy[j]*gamma - meanG - hat*meanGX)
	}
}
