package portable

// These loops wait for memory, not for arithmetic: wider registers than AVX2's would gain nothing.
func init() {
	if Vectorized() {
		vector.adamW, vector.momentum = adamWAVX2, momentumAVX2
		vector.dot = dotAVX2
	}
}

// The assembly takes whole groups of eight (sixteen in dot). It doesn't fuse multiplication and
// addition, so that the rest, which the loops in Go do, comes out as in a group.

func adamWAVX2(p, g, m, v []float32, r adamWRates[float32]) {
	n := len(p) &^ 7
	if n > 0 {
		adamW256(&p[0], &g[0], &m[0], &v[0], n, &r)
	}
	adamWLoop(p[n:], g[n:], m[n:], v[n:], r)
}

func momentumAVX2(target, online []float32, keep, take float32) {
	n := len(online) &^ 7
	if n > 0 {
		momentum256(&target[0], &online[0], n, keep, take)
	}
	momentumLoop(target[n:], online[n:], keep, take)
}

func dotAVX2(a, b []float32) float64 {
	n := len(a) &^ 15
	if n == 0 {
		return dotLoop(a, b)
	}
	return dot256(&a[0], &b[0], n) + dotLoop(a[n:], b[n:len(a)])
}

//go:noescape
func adamW256(p, grad, m, v *float32, n int, r *adamWRates[float32])

//go:noescape
func momentum256(target, online *float32, n int, keep, take float32)

// dot256 sums in float64.
//
//go:noescape
func dot256(a, b *float32, n int) float64
