package onednn

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"cmae/internal/kernel"
)

// Products that are computed in parts are those of the portable engine, at the edges and beyond.
func TestWideProducts(t *testing.T) {
	const rows = 7
	for _, d := range []kernel.DType{kernel.F32, kernel.BF16} {
		for _, s := range []struct{ depth, cols int }{
			{30, widest}, {30, widest + 1}, {30, 3*widest - 5},
			{deep, widestDeep + 1}, {deep + 1, widestDeep + 1}, {deep + 1, 3*widestDeep - 5},
			{300, 130}, {2, 1}, {1, 2}, // gradients of weights in halves
		} {
			wide(t, d, rows, s.depth, s.cols)
		}
	}
}

// wide compares a product, with all of its epilogue, and its gradients in type d. They are sums of
// up to depth products of size 1, whose rounding grows with the root of their number.
func wide(t *testing.T, d kernel.DType, rows, depth, cols int) {
	t.Helper()
	e, tolerance := open(t), 1e-4*math.Sqrt(float64(depth)/30)
	r := rand.New(rand.NewPCG(1, 2))
	dy, w := normal(e, r, d, rows, depth), normal(e, r, d, depth, cols)
	x := normal(e, r, d, rows, cols)
	turned, bias := normal(e, r, d, cols, depth), normal(e, r, kernel.F32, cols)
	residual := normal(e, r, kernel.F32, rows, cols)
	for name, product := range map[string]func(kernel.Engine) kernel.Tensor{
		"product": func(by kernel.Engine) kernel.Tensor {
			y := e.New(kernel.F32, rows, cols)
			by.Linear(y, dy, turned, kernel.Epilogue{Bias: bias, GELU: true})
			return y
		},
		"product and residual": func(by kernel.Engine) kernel.Tensor {
			y := e.New(kernel.F32, rows, cols)
			by.Linear(y, dy, turned, kernel.Epilogue{Bias: bias, Residual: residual})
			return y
		},
		"gradient of the input": func(by kernel.Engine) kernel.Tensor {
			dx := e.New(kernel.F32, rows, cols)
			by.LinearGradInput(dx, dy, w)
			return dx
		},
		"gradient of the weight": func(by kernel.Engine) kernel.Tensor {
			dw := e.New(kernel.F32, depth, cols)
			by.LinearGradWeight(dw, kernel.Tensor{}, dy, x)
			return dw
		},
	} {
		got := kernel.Slice[float32](product(e))
		for i, want := range kernel.Slice[float32](product(e.Engine)) {
			if math.Abs(float64(got[i]-want)) > tolerance {
				t.Fatalf(
					"%s %s of %d x %d: element %d is %v, want %v", d, name, depth, cols, i, got[i],
					want,
				)
			}
		}
	}
}

// A long run is called in another way than a short one, and computes the same.
func TestLongRuns(t *testing.T) {
	e := open(t)
	r := rand.New(rand.NewPCG(1, 2))
	const rows, depth, cols = 7, 30, 11
	x, w := normal(e, r, kernel.F32, rows, depth), normal(e, r, kernel.F32, cols, depth)
	short, other := e.New(kernel.F32, rows, cols), e.New(kernel.F32, rows, cols)
	e.Linear(short, x, w, kernel.Epilogue{})
	if len(e.made) == 0 {
		t.Fatal("no primitive was made")
	}
	for _, p := range e.made {
		p.long = true
	}
	e.Linear(other, x, w, kernel.Epilogue{})
	if !slices.Equal(kernel.Slice[float32](short), kernel.Slice[float32](other)) {
		t.Error("a long run computes something else")
	}
}

// GELU in a product is GELU of what the product says that it was before, so that a gradient may
// compute it again.
func TestGELUAgain(t *testing.T) {
	e := open(t)
	r := rand.New(rand.NewPCG(1, 2))
	const rows, depth, cols = 70, 30, 110
	x, w := normal(e, r, kernel.F32, rows, depth), normal(e, r, kernel.F32, cols, depth)
	y, pre := e.New(kernel.F32, rows, cols), e.New(kernel.F32, rows, cols)
	e.Linear(y, x, w, kernel.Epilogue{GELU: true, Pre: pre})
	again := e.New(kernel.F32, rows, cols)
	e.GELU(again, pre)
	if !slices.Equal(kernel.Slice[float32](y), kernel.Slice[float32](again)) {
		t.Error("other bits")
	}
}
