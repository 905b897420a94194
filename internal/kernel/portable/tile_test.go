package portable

import (
	"fmt"
	"math"
	"testing"

	"cmae/internal/kernel"
	"cmae/internal/rng"
)

// otherTiles are the float32 tiles that this machine can run beside the one it picks.
var otherTiles = []tile[float32]{tileOf[float32]()}

func TestEveryTile(t *testing.T) {
	const rows, cols, depth = 31, 67, 401
	draw := rng.For(6, rng.Synthetic).NormFloat64
	a, b := make([]float32, rows*depth), make([]float32, depth*cols)
	for _, x := range [][]float32{a, b} {
		for i := range x {
			x[i] = float32(draw())
		}
	}
	for _, tile := range append(otherTiles, tile32) {
		t.Run(fmt.Sprintf("%dx%d", tile.rows, tile.cols), func(t *testing.T) {
			m := newArithmetic(newWorkers(2), tile)
			c := make([]float32, rows*cols)
			m.multiply(
				product[float32]{
					c: dense(c, rows, cols), a: dense(a, rows, depth), b: dense(b, depth, cols),
					alpha: 2,
				},
			)
			for i := range rows {
				for j := range cols {
					var want float64
					for k := range depth {
						want += 2 * float64(a[i*depth+k]) * float64(b[k*cols+j])
					}
					// Sums of 401 products of size 1, of which float32 loses 6e-8 each time.
					if got := float64(c[i*cols+j]); math.Abs(got-want) > 5e-4 {
						t.Fatalf("element %d,%d: got %v, want %v", i, j, got, want)
					}
				}
			}
		})
	}
}

// The loops in assembly agree with those in Go within the rounding of a handful of operations,
// whatever the length.
func TestVectorLoops(t *testing.T) {
	draw := rng.For(7, rng.Synthetic).NormFloat64
	for n := 1; n < 35; n++ {
		x, dy := make([]float32, n), make([]float32, n)
		for i := range n {
			x[i], dy[i] = 3*float32(draw()), float32(draw())
		}
		got, want := make([]float32, n), make([]float32, n)
		same := func(name string) {
			for i := range n {
				if math.Abs(float64(got[i]-want[i])) > 1e-6 {
					t.Fatalf("%s of %d: element %d is %v, want %v", name, n, i, got[i], want[i])
				}
			}
		}
		vector.gelu(got, x)
		geluLoop(want, x)
		same("gelu")
		vector.geluGrad(got, x, dy)
		geluGradLoop(want, x, dy)
		same("gelu's gradient")
		copy(got, x)
		copy(want, x)
		l1, s1 := vector.expRow(got)
		l2, s2 := expRowLoop(want)
		same("exponentials")
		if l1 != l2 || math.Abs(s1-s2) > 1e-6*s2 {
			t.Fatalf("exponentials of %d: largest %v and %v, sum %v and %v", n, l1, l2, s1, s2)
		}
	}
}

func TestSoftmaxShowsNaN(t *testing.T) {
	for at := range 11 {
		row := make([]float32, 11)
		row[at] = float32(math.NaN())
		softmax(row)
		for i, v := range row {
			if v == v {
				t.Errorf("NaN at %d: element %d is %v", at, i, v)
			}
		}
	}
}

// A step's working memory is reused: only what goroutines need is allocated.
func TestNoGarbage(t *testing.T) {
	e := New(1)
	y, x, w := e.New(kernel.F32, 40, 50), e.New(kernel.BF16, 40, 60), e.New(kernel.BF16, 50, 60)
	run := func() { e.Linear(y, x, w, kernel.Epilogue{GELU: true}) }
	run()
	if n := testing.AllocsPerRun(100, run); n > 8 {
		t.Errorf("a Linear allocates %v objects", n)
	}
}
