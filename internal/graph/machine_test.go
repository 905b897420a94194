package graph_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"

	"cmae/internal/graph"
	"cmae/internal/graph/op"
	"cmae/internal/kernel"
	"cmae/internal/kernel/kerneltest"
	"cmae/internal/kernel/portable"
	"cmae/internal/rng"
)

// broken is an engine whose device fails in ReLU.
type broken struct{ kernel.Engine }

var errDevice = errors.New("device lost")

func (b broken) ReLU(kernel.Tensor, kernel.Tensor) {
	panic(&kernel.Error{Engine: "broken", Err: errDevice})
}

func TestEngineFailureNamesTheLayer(t *testing.T) {
	e := broken{newEngine(t)}
	g := G.NewGraph()
	w := op.Input(g, "projector.0.weight", e.New(kernel.F32, 3, 4))
	y := op.ReLU(op.Linear(op.Input(g, "x", e.New(kernel.F32, 2, 4)), w, op.LinearOptions{}))
	m := compile(t, e, g, G.Nodes{y})
	err := m.RunAll()
	if !errors.Is(err, errDevice) || !strings.Contains(err.Error(), "projector.0 relu") {
		t.Errorf("%v should wrap the device's error and name projector.0 relu", err)
	}
}

func TestForeignOperationsAreRefused(t *testing.T) {
	e := newEngine(t)
	g := G.NewGraph()
	y := G.Must(G.Tanh(op.Input(g, "x", e.New(kernel.F32, 2, 4))))
	if _, err := graph.Compile(e, g, G.Nodes{y}); err == nil ||
		!strings.Contains(err.Error(), "tanh") {
		t.Errorf("%v does not refuse tanh", err)
	}
}

// TestRandomGraphs compares machines with shared and with separate memory on random graphs with
// much fan-out, aliases and gradient sums: equal bits in every output, inputs untouched, no more
// memory.
func TestRandomGraphs(t *testing.T) {
	for seed := range uint64(60) {
		e := newEngine(t)
		a, outs := randomGraph(e, seed)
		apart := compile(t, e, a, outs, graph.Unshared)
		want := run(t, e, apart, outs)
		b, outs := randomGraph(e, seed)
		shared := compile(t, e, b, outs)
		for range 2 { // the second run starts from an arena full of old values
			if got := run(t, e, shared, outs); !equal(got, want) {
				t.Fatalf("seed %d: sharing memory changes the results", seed)
			}
		}
		if small, all := shared.Memory(); small > all {
			t.Errorf("seed %d: %d bytes shared, %d apart", seed, small, all)
		}
	}
}

// randomGraph grows a graph by random operations on earlier nodes of one size, in two shapes, and
// differentiates the sum of their errors.
func randomGraph(e kernel.Engine, seed uint64) (*G.ExprGraph, G.Nodes) {
	r := rng.For(seed, rng.Synthetic)
	g := G.NewGraph()
	leaf := func() *G.Node {
		t := e.New(kernel.F64, 3, 4)
		values := make([]float64, t.Len())
		for i := range values {
			values[i] = r.NormFloat64()
		}
		kerneltest.Fill(e, t, values)
		return op.Input(g, fmt.Sprintf("x%d", len(g.AllNodes())), t)
	}
	wrt := G.Nodes{leaf(), leaf(), leaf()}
	nodes := slices.Clone([]*G.Node(wrt))
	for range 25 {
		x, y := nodes[r.IntN(len(nodes))], nodes[r.IntN(len(nodes))]
		switch r.IntN(6) {
		case 0:
			nodes = append(nodes, op.Add(op.Reshape(x, 3, 4), op.Reshape(y, 3, 4)))
		case 1:
			nodes = append(nodes, op.Reshape(x, 12/x.Shape()[0], x.Shape()[0]))
		case 2:
			nodes = append(nodes, op.L2Normalize(x))
		case 3:
			nodes = append(nodes, op.Scale(x, r.NormFloat64()))
		case 4:
			nodes = append(nodes, op.BatchNorm(op.Reshape(x, 4, 3), op.BatchNormOptions{Eps: 1e-5}))
		case 5:
			nodes = append(nodes, op.GELU(x))
		}
	}
	var losses []*G.Node
	for _, n := range append(nodes[len(nodes)-3:], wrt...) {
		losses = append(losses, op.SquaredError(op.Reshape(n, 3, 4), leaf(), 0.1))
	}
	total := op.WeightedSum(losses, []float64{1, 2, 3, 4, 5, 6})
	grads, err := G.Grad(total, wrt...)
	if err != nil {
		panic(err)
	}
	return g, append(G.Nodes{total, nodes[len(nodes)/2]}, grads...)
}

// TestOnlyWhatIsNeededRuns: operations that no output depends on are left out, and so are results
// that nobody reads.
func TestOnlyWhatIsNeededRuns(t *testing.T) {
	e := newEngine(t)
	g := G.NewGraph()
	qkv := op.Input(g, "qkv", e.New(kernel.F32, 1, 8, 12))
	out, softmax := op.Attention(qkv, 1)
	op.GELU(out)
	m := compile(t, e, g, G.Nodes{out})
	if n := steps(m); n != 1 {
		t.Errorf("%d steps for one operation", n)
	}
	if _, bytes := m.Memory(); bytes != 8*4*4 {
		t.Errorf("%d bytes for a result of 128: the softmax is kept though unread", bytes)
	}
	with := compile(t, e, g, G.Nodes{out, softmax()})
	if _, bytes := with.Memory(); bytes != 8*4*4+8*8*4 {
		t.Errorf("%d bytes with the softmax read", bytes)
	}
}

func TestProfileCountsEveryStep(t *testing.T) {
	e := newEngine(t)
	g, outs := randomGraph(e, 1)
	m := compile(t, e, g, outs)
	p := m.Profile()
	run(t, e, m, outs)
	kinds, layers := 0, 0
	for _, c := range p.Kinds {
		kinds += c.Calls
	}
	for _, c := range p.Layers {
		layers += c.Calls
	}
	if n := steps(m); kinds != n || layers != n {
		t.Errorf("%d and %d calls for %d steps", kinds, layers, n)
	}
}

func steps(m *graph.Machine) (n int) {
	m.Each(func(*op.Op, kernel.Tensor, []kernel.Tensor) { n++ })
	return n
}

func newEngine(t *testing.T) kernel.Engine {
	e := portable.New(1)
	t.Cleanup(func() { e.Close() })
	return e
}

func compile(
	t *testing.T, e kernel.Engine, g *G.ExprGraph, outs G.Nodes, with ...graph.Option,
) *graph.Machine {
	t.Helper()
	m, err := graph.Compile(e, g, outs, with...)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// run executes m and reads the outputs.
func run(t *testing.T, e kernel.Engine, m *graph.Machine, outs G.Nodes) (values [][]float64) {
	t.Helper()
	if err := m.RunAll(); err != nil {
		t.Fatal(err)
	}
	for _, n := range outs {
		values = append(values, kerneltest.Values(e, m.Value(n)))
	}
	return values
}

func equal(a, b [][]float64) bool { return slices.EqualFunc(a, b, slices.Equal[[]float64]) }
