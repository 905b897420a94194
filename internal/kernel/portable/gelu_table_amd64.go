package portable

import "math"

// The assembly computes the tail Phi(-z), z = |x|, as e^(-z^2/2) M(z): M falls slowly from 1/2 to
// 0.03, and the exponential has all of the steepness. A table holds M as a polynomial in z-centre
// for each of eight intervals: polynomials of degree 7 are within 4e-8 of M (relative) for z < 6,
// 6e-8 for the others.
const (
	millsDegree = 7
	// The edges are where (1 + millsSpread z)/2^k is 1 or 1.5, so that an interval's number stands
	// in the bits of 1 + millsSpread z.
	millsSpread = 1.125
	// geluFar ends the last interval that counts: x Phi(x) is below the normal numbers from 13.15
	// on.
	geluFar = 13.2
)

// geluConstants is what the assembly reads, see gelu_amd64.s: 16 constants, then the table of M.
var geluConstants = [16 + 2 + millsDegree]lanes{
	all(math.Float32frombits(0x7fffffff)), all(geluFar), all(millsSpread), all(1), all(-0.5),
	all(math.Log2E),
	all(shifter + 127), all(ln2High), all(ln2Low), // with the exponent's bias, 2^n is a shift away
	all(1.0 / 5040), all(1.0 / 720), all(1.0 / 120), all(1.0 / 24), all(1.0 / 6), all(0.5),
	all(1 / sqrt2Pi),
}

func init() {
	table := geluConstants[16:] // centres, then coefficients from the highest
	for k := range 8 {
		edge := func(k int) float64 { return (math.Ldexp(1+float64(k%2)/2, k/2) - 1) / millsSpread }
		centre := 0.0
		if k > 0 {
			centre = millsCentre(edge(k), edge(k+1))
		}
		lane := (k + 6) % 8 // 1 has the bits 127<<23, and 127<<23>>22 is 6 modulo 8
		table[0][lane] = float32(centre)
		for power, c := range interpolate(mills, edge(k), edge(k+1), centre) {
			table[1+millsDegree-power][lane] = float32(c)
		}
	}
}

// mills is Phi(-z) e^(z^2/2).
func mills(z float64) float64 { return math.Erfc(z/math.Sqrt2) / 2 * math.Exp(z*z/2) }

// millsCentre is a number near the middle of an interval where M happens to be almost a float32:
// the polynomial's first coefficient is M there, and its rounding would shift the whole interval.
// z-centre is exact, because the centre has few digits.
func millsCentre(lo, hi float64) float64 {
	best, least := 0.0, math.Inf(1)
	for i := -6.0; i <= 6; i++ {
		centre := (math.Round(32*(lo+hi)) + i*max(1, math.Floor(hi-lo))) / 64
		m := mills(centre)
		if off := math.Abs(float64(float32(m))/m - 1); off < least {
			best, least = centre, off
		}
	}
	return best
}

// interpolate gives the coefficients, the constant first, of the polynomial in x-centre that is f
// at the Chebyshev nodes of an interval.
func interpolate(f func(float64) float64, lo, hi, centre float64) (c [millsDegree + 1]float64) {
	var node, d [millsDegree + 1]float64
	for i := range node {
		node[i] = (lo+hi)/2 - (hi-lo)/2*math.Cos(math.Pi*(float64(i)+0.5)/(millsDegree+1))
		d[i] = f(node[i])
	}
	for k := 1; k <= millsDegree; k++ { // Newton's divided differences
		for i := millsDegree; i >= k; i-- {
			d[i] = (d[i] - d[i-1]) / (node[i] - node[i-k])
		}
	}
	for i := millsDegree; i >= 0; i-- { // c becomes c (x-node) + d
		shift := centre - node[i]
		for j := millsDegree; j > 0; j-- {
			c[j] = c[j-1] + shift*c[j]
		}
		c[0] = shift*c[0] + d[i]
	}
	return c
}
