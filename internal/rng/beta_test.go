package rng

import (
	"math"
	"testing"
)

// Moments and quartile of Beta(alpha,alpha): mean 1/2, variance 1/(4(2 alpha + 1)).
func TestBeta(t *testing.T) {
	for _, alpha := range []float64{.001, .01, .1, .6, 1, 2, 20} {
		r := For(6, Synthetic)
		const n = 40000
		var mean, square, outer float64
		for range n {
			u := Beta(r, alpha)
			if !(u >= 0 && u <= 1) {
				t.Fatalf("alpha %v: drew %v", alpha, u)
			}
			mean += u / n
			square += (u - .5) * (u - .5) / n
			if u < .1 || u > .9 {
				outer += 1. / n
			}
		}
		want := 1 / (4 * (2*alpha + 1))
		// five sd of the mean at variance 1/4
		if math.Abs(mean-.5) > .0125 || math.Abs(square/want-1) > .03 {
			t.Errorf("alpha %v: mean %v variance %v, want .5 and %v", alpha, mean, square, want)
		}
		// 2 I(.1; .6, .6), the regularised incomplete beta
		if alpha == .6 && math.Abs(outer-.3523) > .012 {
			t.Errorf("alpha .6: share outside .1 to .9 is %v, want .352", outer)
		}
	}
}
