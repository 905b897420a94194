package op_test

import (
	"slices"
	"testing"

	G "gorgonia.org/gorgonia"

	"cmae/internal/graph"
	"cmae/internal/graph/op"
	"cmae/internal/kernel"
	"cmae/internal/kernel/kerneltest"
)

// TestMixingIsDeclared changes all images but the first of every operand and looks at the first of
// the result, or of the gradients where the result is a loss: it may differ only where an operation
// says that it mixes images, and must differ there. Replicas compute all others shard by shard.
func TestMixingIsDeclared(t *testing.T) {
	for _, c := range append(operations(),
		operation{"permuted", 0, func(b *bench) *G.Node {
			return op.PermuteRows(b.x(3, 4), []int{2, 0, 1})
		}},
		operation{"standardize", 0, func(b *bench) *G.Node {
			return op.Standardize(b.x(3, 4), 1e-6)
		}},
		operation{"patchify", 0, func(b *bench) *G.Node {
			return op.Patchify(b.x(2, 3, 4, 4), 2, true)
		}},
		operation{"running statistics", 0, func(b *bench) *G.Node {
			return op.BatchNormRunning(
				b.x(4, 2), b.x(2), b.fixed(b.random.Float64, 2), b.x(2), b.x(2), 1e-5, op.Finish{},
			)
		}},
	) {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			y := c.build(b)
			declared := slices.ContainsFunc(b.graph.AllNodes(), func(n *G.Node) bool {
				o, ok := n.Op().(*op.Op)
				return ok && o.Mixes()
			})
			if mixes := b.mixes(y); mixes != declared {
				t.Errorf("declared to mix images: %t, and does: %t", declared, mixes)
			}
		})
	}
}

// mixes tries whether the first image of y depends on other images of an operand. They are changed
// by the order of their values, so that masks hide as many patches as before.
func (b *bench) mixes(y *G.Node) bool {
	b.Helper()
	images, results := 0, G.Nodes{y}
	if y.Dims() > 0 {
		images = y.Shape()[0]
	} else {
		grads, err := G.Grad(y, b.nodes...)
		if err != nil {
			b.Fatal(err)
		}
		images, results = b.nodes[0].Shape()[0], append(grads, y)
	}
	m, err := graph.Compile(b.engine, b.graph, results)
	if err != nil {
		b.Fatal(err)
	}
	defer m.Close()
	first := func() (values []float64) {
		if err := m.RunAll(); err != nil {
			b.Fatal(err)
		}
		for _, n := range results {
			if n.Dims() == 0 {
				continue
			}
			all := kerneltest.Values(b.engine, m.Value(n))
			values = append(values, all[:len(all)/n.Shape()[0]]...)
		}
		return values
	}
	before := first()
	for _, t := range b.inputs {
		if t.Type != kernel.F64 || len(t.Shape) == 0 || t.Shape[0] != images {
			continue // no batch
		}
		values := kerneltest.Values(b.engine, t)
		changed := slices.Clone(values)
		for image := 1; image < images; image++ {
			slices.Reverse(changed[image*len(changed)/images : (image+1)*len(changed)/images])
		}
		kerneltest.Fill(b.engine, t, changed)
		if !slices.Equal(first(), before) {
			return true
		}
		kerneltest.Fill(b.engine, t, values)
	}
	return false
}
