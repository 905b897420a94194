package graph

import (
	"os"
	"regexp"
	"testing"

	G "gorgonia.org/gorgonia"

	"cmae/internal/graph/op"
	"cmae/internal/kernel"
	"cmae/internal/kernel/portable"
)

// TestIsAdd pins the text by which a gradient sum is known to the version of Gorgonia that prints
// it so: the sum of scalars, the sum of tensors, and nothing that looks similar.
func TestIsAdd(t *testing.T) {
	const version = "v0.9.18"
	module, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	if found := regexp.MustCompile(
		`gorgonia.org/gorgonia (\S+)`,
	).FindSubmatch(module); found == nil ||
		string(found[1]) != version {
		t.Errorf(
			"this test was made for %s, go.mod has %q: see what Gorgonia's Add prints", version,
			found,
		)
	}
	e := portable.New(1)
	defer e.Close()
	for _, shape := range [][]int{{}, {3}, {2, 3}, {2, 3, 4}} {
		g := G.NewGraph()
		x := op.Input(g, "x", e.New(kernel.F32, shape...))
		y := op.Input(g, "y", e.New(kernel.F32, shape...))
		if sum := G.Must(G.Add(x, y)); !isAdd(sum) {
			t.Errorf("the sum of %v is not known by %q", shape, sum.Op())
		}
		for _, other := range []*G.Node{
			G.Must(G.Sub(x, y)), G.Must(G.HadamardProd(x, y)), G.Must(G.Neg(x)), op.Add(x, y),
		} {
			if isAdd(other) {
				t.Errorf("%q is taken for a sum", other.Op())
			}
		}
	}
	// where Gorgonia itself sums gradients
	g := G.NewGraph()
	x := op.Input(g, "x", e.New(kernel.F32, 2, 3))
	loss := op.SquaredError(
		op.Add(op.GELU(x), op.ReLU(x)), op.Input(g, "t", e.New(kernel.F32, 2, 3)), 1,
	)
	grads, err := G.Grad(loss, x)
	if err != nil {
		t.Fatal(err)
	}
	if !isAdd(grads[0]) {
		t.Errorf("the gradient of a value with two readers is %q", grads[0].Op())
	}
}
