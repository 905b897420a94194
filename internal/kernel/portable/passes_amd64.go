package portable

func init() {
	if Vectorized() {
		vector.add, vector.relu, vector.reluGrad = addAVX2, reluAVX2, reluGradAVX2
	}
}

// The assembly takes whole groups of eight, the loops in Go the rest.

func addAVX2(c, a, b []float32) {
	n := len(a) &^ 7
	if n > 0 {
		add256(&c[0], &a[0], &b[0], n)
	}
	addLoop(c[n:], a[n:], b[n:])
}

func reluAVX2(y, x []float32) {
	n := len(x) &^ 7
	if n > 0 {
		relu256(&y[0], &x[0], n)
	}
	reluLoop(y[n:], x[n:])
}

func reluGradAVX2(dx, y, dy []float32) {
	n := len(y) &^ 7
	if n > 0 {
		reluGrad256(&dx[0], &y[0], &dy[0], n)
	}
	reluGradLoop(dx[n:], y[n:], dy[n:])
}

//go:noescape
func add256(c, a, b *float32, n int)

//go:noescape
func relu256(y, x *float32, n int)

//go:noescape
func reluGrad256(dx, y, dy *float32, n int)
