package portable

import (
	"math"
	"testing"

	"cmae/internal/rng"
)

// The loops in assembly give what those in Go do for rows of every length, read nothing of what
// stands between rows, and write nothing beyond the last.
func TestSoftmaxRows(t *testing.T) {
	draw := rng.For(12, rng.Synthetic).NormFloat64
	const rows, scale, guard = 3, 0.3, 7
	for cols := 1; cols <= 41; cols++ {
		stride := pieces(cols, 8) * 8
		s, dp := make([]float32, rows*stride), make([]float32, rows*stride)
		for i := range s {
			s[i], dp[i] = float32(3*draw()), float32(draw())
			if i%stride >= cols {
				s[i], dp[i] = float32(math.NaN()), float32(math.NaN())
			}
		}
		got, want := make([]float32, rows*cols+1), make([]float32, rows*cols)
		got[rows*cols] = guard
		vector.softmaxRows(got, append([]float32(nil), s...), rows, cols, stride, scale)
		softmaxRowsLoop(want, append([]float32(nil), s...), rows, cols, stride, scale)
		near(t, "softmaxRows", cols, got[:rows*cols], want)
		if got[rows*cols] != guard {
			t.Errorf("softmaxRows of %d columns writes beyond the last row", cols)
		}
		other := append([]float32(nil), dp...)
		vector.softmaxGradRows(dp, want, rows, cols, stride, scale)
		softmaxGradRowsLoop(other, want, rows, cols, stride, scale)
		for i := range rows {
			near(t, "softmaxGradRows", cols, dp[i*stride:][:cols], other[i*stride:][:cols])
		}
	}
}

func near(t *testing.T, name string, cols int, got, want []float32) {
	t.Helper()
	for i, v := range got {
		if !(math.Abs(float64(v-want[i])) <= 3e-7) {
			t.Fatalf("%s of %d columns: element %d is %g, in Go %g", name, cols, i, v, want[i])
		}
	}
}

// A row that holds what is not a number has nothing else afterwards; others don't care.
func TestSoftmaxOfNaN(t *testing.T) {
	const cols, stride = 11, 16
	s := make([]float32, 2*stride)
	s[4] = float32(math.NaN())
	p := make([]float32, 2*cols)
	softmaxRows(p, s, 2, cols, stride, 1)
	for i, v := range p {
		if nan := v != v; nan != (i < cols) {
			t.Fatalf("element %d is %g", i, v)
		}
	}
}

// Any small product is that of the definition, with its left factor as it lies or transposed.
func TestSmallProducts(t *testing.T) {
	m := newArithmetic(newWorkers(1), tile32)
	draw := rng.For(13, rng.Synthetic).NormFloat64
	for _, size := range [][3]int{
		{1, 1, 1}, {5, 3, 7}, {12, 8, 32}, {13, 17, 33}, {17, 64, 17}, {65, 32, 65}, {40, 65, 48},
	} {
		rows, depth, cols := size[0], size[1], size[2]
		data := func(n int) []float32 {
			x := make([]float32, n)
			for i := range x {
				x[i] = float32(draw())
			}
			return x
		}
		f := m.open()
		s := newSmall(f, depth)
		b := dense(data(depth*cols), depth, cols)
		packed := s.panels(depth, cols)
		s.pack(packed, b)
		for _, a := range []matrix[float32]{
			dense(data(rows*depth), rows, depth), dense(data(rows*depth), depth, rows).transposed(),
		} {
			c := dense(make([]float32, rows*cols), rows, cols)
			s.multiply(c, a, packed)
			for i := range rows {
				for j := range cols {
					want := 0.0
					for k := range depth {
						want += float64(a.data[i*a.down+k*a.right]) * float64(b.data[k*cols+j])
					}
					if got := c.data[i*cols+j]; math.Abs(float64(got)-want) > 1e-5*float64(depth) {
						t.Fatalf("%v: element %d, %d is %g, not %g", size, i, j, got, want)
					}
				}
			}
		}
		f.close()
	}
}
