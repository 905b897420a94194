package graph_test

import (
	"math"
	"testing"

	G "gorgonia.org/gorgonia"

	"cmae/internal/graph/op"
	"cmae/internal/kernel"
)

// TestTrace: the first operation that makes something infinite of finite numbers is found, in the
// forward and in the backward pass, as is an input that is not finite to begin with.
func TestTrace(t *testing.T) {
	for _, c := range []struct {
		name         string
		x, w, scale  float64
		op, layer    string
		backward     bool
		infinite, in int
	}{
		{"finite", 1, 1, 1, "", "", false, 0, 0},
		{"forward", 1e30, 1e30, 1, "linear", "fc", false, 6, 2},
		{"backward", 1e25, 1e-25, 1e20, "linear.dw", "fc", true, 6, 2},
		{"input", math.Inf(1), 1, 1, "", "x", false, 4, 0},
	} {
		e := newEngine(t)
		g := G.NewGraph()
		leaf := func(name string, v float64, shape ...int) *op.Node {
			m := e.New(kernel.F32, shape...)
			values := make([]float64, m.Len())
			for i := range values {
				values[i] = v
			}
			kernel.Write(e, m, values)
			return op.Input(g, name, m)
		}
		x, w := leaf("x", c.x, 2, 2), leaf("fc.weight", c.w, 3, 2)
		y := op.Linear(x, w, op.LinearOptions{})
		loss := op.SquaredError(y, leaf("target", 0, 2, 3), c.scale)
		grads, err := G.Grad(loss, w)
		if err != nil {
			t.Fatal(err)
		}
		m := compile(t, e, g, append(grads, loss))
		trace := m.Trace(loss)
		if err := m.RunAll(); err != nil {
			t.Fatal(err)
		}
		f := trace.Found
		if c.layer == "" {
			if f != nil {
				t.Errorf("%s: found %+v", c.name, f)
			}
			continue
		}
		if f == nil || f.Op != c.op || f.Layer != c.layer || f.Backward != c.backward ||
			f.Output.Inf != c.infinite || len(f.Inputs) != c.in {
			t.Errorf("%s: found %+v", c.name, f)
		}
	}
}
