package rng

import (
	"math"
	"math/rand/v2"
)

// Beta draws from Beta(alpha,alpha) as a ratio of two gammas, which it takes as logarithms: at
// small alpha both gammas vanish in float64, their ratio does not. 0 and 1 are among the results.
func Beta(r *rand.Rand, alpha float64) float64 {
	if alpha == 1 {
		return r.Float64()
	}
	return 1 / (1 + math.Exp(logGamma(r, alpha)-logGamma(r, alpha)))
}

// logGamma draws the logarithm of a Gamma(alpha,1) variate by Marsaglia and Tsang's method on
// alpha+1, which is always above 1, times U^(1/alpha).
func logGamma(r *rand.Rand, alpha float64) float64 {
	d := alpha + 1 - 1./3
	c := 1 / math.Sqrt(9*d)
	for {
		x := r.NormFloat64()
		v := 1 + c*x
		if v <= 0 {
			continue
		}
		v *= v * v
		if math.Log(1-r.Float64()) < x*x/2+d-d*v+d*math.Log(v) {
			return math.Log(d*v) + math.Log(1-r.Float64())/alpha
		}
	}
}
