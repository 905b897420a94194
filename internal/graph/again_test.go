package graph_test

import (
	"fmt"
	"testing"

	G "gorgonia.org/gorgonia"

	"cmae/internal/graph/op"
	"cmae/internal/kernel"
	"cmae/internal/kernel/kerneltest"
	"cmae/internal/rng"
)

// TestComputedAgain: what gradients have computed again instead of kept has the bits that it had,
// and its memory is free in between.
func TestComputedAgain(t *testing.T) {
	for _, d := range []kernel.DType{kernel.F32, kernel.F64} {
		kept, all := twoLayers(t, d, false)
		again, less := twoLayers(t, d, true)
		if !equal(again, kept) {
			t.Errorf("%s: other gradients", d)
		}
		if less >= all {
			t.Errorf("%s: %d bytes, %d where all is kept", d, less, all)
		}
	}
}

// twoLayers are the gradients of a norm, GELU and two products, three times over, and the memory
// they took.
func twoLayers(t *testing.T, d kernel.DType, again bool) (grads [][]float64, bytes int) {
	const rows, width, blocks = 64, 16, 3
	e, g, random := newEngine(t), G.NewGraph(), rng.For(3, rng.Synthetic)
	var wrt G.Nodes
	leaf := func(shape ...int) *G.Node {
		x := e.New(d, shape...)
		values := make([]float64, x.Len())
		for i := range values {
			values[i] = random.NormFloat64()
		}
		kerneltest.Fill(e, x, values)
		wrt = append(wrt, op.Input(g, fmt.Sprintf("x%d", len(wrt)), x))
		return wrt[len(wrt)-1]
	}
	x := leaf(rows, width)
	for range blocks {
		y := op.LayerNorm(x, leaf(width), leaf(width), 1e-6, d)
		y = op.Linear(y, leaf(4*width, width), op.LinearOptions{
			Bias: leaf(4 * width), GELU: true, Again: again,
		})
		x = op.Linear(y, leaf(width, 4*width), op.LinearOptions{Residual: x, Again: again})
	}
	outs, err := G.Grad(op.SquaredError(x, op.Scale(x, .5), .5), wrt...)
	if err != nil {
		t.Fatal(err)
	}
	m := compile(t, e, g, outs)
	defer m.Close()
	bytes, _ = m.Memory()
	return run(t, e, m, outs), bytes
}
