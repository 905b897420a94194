package op_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	G "gorgonia.org/gorgonia"

	"cmae/internal/graph"
	"cmae/internal/graph/op"
	"cmae/internal/kernel"
	"cmae/internal/kernel/kerneltest"
	"cmae/internal/kernel/portable"
	"cmae/internal/rng"
)

// bench is a graph under test with its operands in an engine's memory.
type bench struct {
	*testing.T
	engine kernel.Engine
	graph  *G.ExprGraph
	random *rand.Rand
	nodes  G.Nodes         // operands whose gradient is checked
	values []kernel.Tensor // theirs
	inputs []kernel.Tensor // every operand, none of which may change
}

func newBench(t *testing.T) *bench {
	e := portable.New(1)
	t.Cleanup(func() { e.Close() })
	return &bench{T: t, engine: e, graph: G.NewGraph(), random: rng.For(3, rng.Synthetic)}
}

// x is a random F64 operand whose gradient is checked.
func (b *bench) x(shape ...int) *G.Node {
	n, t := b.leaf(kernel.F64, shape)
	b.fill(t, b.random.NormFloat64)
	b.nodes, b.values = append(b.nodes, n), append(b.values, t)
	return n
}

// fixed is a random operand without gradient; from, when given, draws its values.
func (b *bench) fixed(from func() float64, shape ...int) *G.Node {
	n, t := b.leaf(kernel.F64, shape)
	b.fill(t, from)
	return n
}

// normal is a fixed operand of normal values.
func (b *bench) normal(shape ...int) *G.Node { return b.fixed(b.random.NormFloat64, shape...) }

// bits is a fixed operand of zeros and ones, which both occur.
func (b *bench) bits(shape ...int) *G.Node {
	i := 0
	return b.fixed(func() float64 { i++; return float64(i % 3 & 1) }, shape...)
}

// shuffles is a random order of n patches for each of rows images: ids, the patch at each place,
// and the place of each patch.
func (b *bench) shuffles(rows, n int) (ids, restore []int) {
	restore = make([]int, rows*n)
	for r := range rows {
		order := b.random.Perm(n)
		for place, patch := range order {
			restore[r*n+patch] = place
		}
		ids = append(ids, order...)
	}
	return ids, restore
}

func (b *bench) indices(values []int, shape ...int) *G.Node {
	t := kerneltest.Indices(b.engine, values, shape...)
	return op.Input(b.graph, fmt.Sprintf("indices%d", len(b.graph.AllNodes())), t)
}

func (b *bench) leaf(d kernel.DType, shape []int) (*G.Node, kernel.Tensor) {
	t := b.engine.New(d, shape...)
	b.inputs = append(b.inputs, t)
	return op.Input(b.graph, fmt.Sprintf("x%d", len(b.graph.AllNodes())), t), t
}

func (b *bench) fill(t kernel.Tensor, from func() float64) {
	values := make([]float64, t.Len())
	for i := range values {
		values[i] = from()
	}
	kerneltest.Fill(b.engine, t, values)
}

// loss is y itself times a number when it is a scalar, so that its gradient is not 1, else its
// squared distance from random targets.
func (b *bench) loss(y *G.Node) *G.Node {
	if y.Dims() == 0 {
		return op.WeightedSum([]*G.Node{y}, []float64{1.7})
	}
	return op.SquaredError(y, b.normal(y.Shape()...), 0.5)
}

// machine compiles loss and its gradients.
func (b *bench) machine(loss *G.Node) (*graph.Machine, G.Nodes) {
	b.Helper()
	grads, err := G.Grad(loss, b.nodes...)
	if err != nil {
		b.Fatal(err)
	}
	m, err := graph.Compile(b.engine, b.graph, append(G.Nodes{loss}, grads...))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { m.Close() })
	return m, grads
}

// check holds every gradient of loss against central differences of the given step. tolerance is
// relative to the largest of them.
func (b *bench) check(loss *G.Node, step, tolerance float64) {
	b.Helper()
	m, grads := b.machine(loss)
	read := func(n *G.Node) []float64 { return kerneltest.Values(b.engine, m.Value(n)) }
	run := func() {
		if err := m.RunAll(); err != nil {
			b.Fatal(err)
		}
	}
	before := b.snapshot()
	run()
	var got [][]float64
	for _, g := range grads {
		got = append(got, read(g))
	}
	b.unchanged(before)
	for i, t := range b.values {
		values := kerneltest.Values(b.engine, t)
		at := func(j int, v float64) float64 {
			moved := append([]float64(nil), values...)
			moved[j] = v
			kerneltest.Fill(b.engine, t, moved)
			run()
			return read(loss)[0]
		}
		want, largest := make([]float64, len(values)), 1.0
		for j, v := range values {
			want[j] = (at(j, v+step) - at(j, v-step)) / (2 * step)
			largest = max(largest, math.Abs(want[j]))
		}
		kerneltest.Fill(b.engine, t, values)
		for j, w := range want {
			if d := math.Abs(got[i][j] - w); !(d <= tolerance*largest) {
				b.Errorf("operand %d, element %d: gradient %v, differences %v", i, j, got[i][j], w)
				break
			}
		}
	}
}

func (b *bench) snapshot() (values [][]float64) {
	for _, t := range b.inputs {
		values = append(values, kerneltest.Values(b.engine, t))
	}
	return values
}

func (b *bench) unchanged(before [][]float64) {
	b.Helper()
	for i, t := range b.inputs {
		for j, v := range kerneltest.Values(b.engine, t) {
			if v != before[i][j] {
				b.Fatalf("the run wrote to input %d", i)
			}
		}
	}
}
