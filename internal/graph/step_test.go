package graph_test

import (
	"math"
	"testing"

	G "gorgonia.org/gorgonia"

	"cmae/internal/comm"
	"cmae/internal/dataset/loader"
	"cmae/internal/graph"
	"cmae/internal/graph/exec"
	"cmae/internal/graph/nn"
	"cmae/internal/graph/op"
	"cmae/internal/kernel"
	"cmae/internal/method"
	"cmae/internal/method/cmae"
	"cmae/internal/model"
	"cmae/internal/recipe"
	"cmae/internal/rng"
)

// small is a whole CMAE step of a few thousand numbers.
func small() recipe.Sized {
	c := recipe.DefaultPretrain()
	c.Model = model.EncoderConfig{
		Size: "micro", PatchSize: 4, Dim: 8, Depth: 2, Heads: 2, MLPRatio: 2,
	}
	c.Decoder = model.DecoderConfig{Kind: "transformer", Depth: 1, Dim: 8, Heads: 1, MLPRatio: 2}
	c.Mask.Ratio = 0.5
	c.Contrast.Out, c.Contrast.Hidden = 6, 10
	return c.At(12)
}

// everything is small with every option that adds nodes of its own.
func everything() recipe.Sized {
	c := small()
	c.Decoder.Kind, c.Decoder.Depth = "hybrid-mlp", 2
	c.Contrast.QueueSize, c.Contrast.Symmetric, c.Contrast.Predictor = 5, true, true
	c.Contrast.ScaleByTau = true
	c.Contrast.Pool = "mean+cls"
	c.Location.Target, c.Location.Loss, c.Location.DropPosition = "rowcol", "ce", 0.5
	return c
}

const batch = 4

func newStep(
	t *testing.T, e kernel.Engine, c recipe.Sized, paramType, compute kernel.DType,
) *method.Step {
	t.Helper()
	g := method.Graph{Method: cmae.New(), Recipe: c, Batch: batch, Stages: true}
	s, err := g.Compile(comm.Single(e), nn.NewParams(e, paramType, 1), compute)
	if err != nil {
		t.Fatal(err)
	}
	r := rng.For(4, rng.Synthetic)
	draw := func(n int, f func() float64) []float32 {
		values := make([]float32, batch*n)
		for i := range values {
			values[i] = float32(f())
		}
		return values
	}
	pixels, n := 3*c.Side*c.Side, c.Patches()
	keep := draw(n, func() float64 { return math.Round(r.Float64()) })
	s.Set(&loader.Batch{
		Query: draw(pixels, r.NormFloat64), Key: draw(pixels, r.NormFloat64),
		NoiseQuery: draw(n, r.Float64), NoiseKey: draw(n, r.Float64), KeepPosition: keep,
	}, 0)
	return s
}

// results are the nodes of a step whose values are compared: its total, its stages and its
// gradients, sums of many terms.
func results(s *method.Step) G.Nodes {
	nodes := G.Nodes{s.Node(exec.Loss)}
	for _, name := range []string{"q1", "h1", "zq", "zk", "pred", "location"} {
		nodes = append(nodes, s.Node("stage."+name))
	}
	return append(nodes, gradients(s)...)
}

func gradients(s *method.Step) (nodes G.Nodes) {
	for _, n := range s.Node(exec.Loss).Graph().AllNodes() {
		if n.IsVar() && n.Deriv() != nil && isTrained(s, n.Name()) {
			nodes = append(nodes, n.Deriv())
		}
	}
	return nodes
}

func isTrained(s *method.Step, name string) bool {
	for _, p := range s.Params() {
		if p.Name == name {
			return true
		}
	}
	return false
}

// TestSharingMemoryChangesNoBit runs whole steps with shared and with separate memory, in float32
// and with bfloat16 inside blocks.
func TestSharingMemoryChangesNoBit(t *testing.T) {
	for name, c := range map[string]recipe.Sized{"plain": small(), "everything": everything()} {
		for _, compute := range []kernel.DType{kernel.F32, kernel.BF16} {
			t.Run(name+" "+compute.String(), func(t *testing.T) {
				e := newEngine(t)
				s := newStep(t, e, c, kernel.F32, compute)
				outs := results(s)
				if len(outs) != 7+len(s.Params()) {
					t.Fatalf("%d gradients of %d parameters", len(outs)-7, len(s.Params()))
				}
				first := run(t, e, s.Machine(), outs)
				if !equal(run(t, e, s.Machine(), outs), first) {
					t.Fatal("a second run gives other bits")
				}
				if small, all := s.Machine().Memory(); small >= all {
					t.Errorf("%d bytes shared, %d apart", small, all)
				}
				apart := compile(t, e, s.Node(exec.Loss).Graph(), outs, graph.Unshared)
				if !equal(run(t, e, apart, outs), first) {
					t.Error("sharing memory changes the results")
				}
			})
		}
	}
}

// TestMachineEqualsTapeMachine runs a whole step under Gorgonia's own machine, whose order of
// execution is another and whose gradient sums are its own kernel's: in float64 both agree to the
// rounding of sums.
func TestMachineEqualsTapeMachine(t *testing.T) {
	e := newEngine(t)
	s := newStep(t, e, small(), kernel.F64, kernel.F64)
	outs := results(s)
	g := s.Node(exec.Loss).Graph()
	m := compile(t, e, g, outs, graph.Unshared)
	want := run(t, e, m, outs)

	var inputs G.Nodes
	for _, n := range g.ExactSubgraphRoots(outs...).AllNodes() {
		switch {
		case n.IsVar():
			inputs = append(inputs, n)
		case n.Op().Arity() > 0:
			e.Zero(m.Value(n)) // or the tape could leave our results where they are
		}
	}
	prog, locations, err := G.CompileFunction(g, inputs, outs)
	if err != nil {
		t.Fatal(err)
	}
	tape := G.NewTapeMachine(g, G.WithPrecompiled(prog, locations))
	defer tape.Close()
	if err := tape.RunAll(); err != nil {
		t.Fatal(err)
	}
	for i, n := range outs {
		got := n.Value().Data()
		values, ok := got.([]float64)
		if !ok {
			values = []float64{got.(float64)}
		}
		for j, w := range want[i] {
			if d := math.Abs(values[j] - w); !(d <= 1e-12*max(1, math.Abs(w))) {
				t.Fatalf("%s, element %d: tape %v, ours %v", n.Name(), j, values[j], w)
			}
		}
	}
}

// TestNoBuiltInOperations walks the graph of a step with every option: our own operations, leaves,
// and the Add of gradient sums.
func TestNoBuiltInOperations(t *testing.T) {
	for _, compute := range []kernel.DType{kernel.F32, kernel.BF16} {
		s := newStep(t, newEngine(t), everything(), kernel.F32, compute)
		ours, sums := 0, 0
		seen := map[uint32]string{}
		for _, n := range s.Node(exec.Loss).Graph().AllNodes() {
			if other, ok := seen[n.Hashcode()]; ok {
				t.Errorf(
					"%s and %s have one hash, by which Gorgonia would merge them", n.Name(), other,
				)
			}
			seen[n.Hashcode()] = n.Name()
			if n.Op() == nil {
				continue
			}
			if _, ok := n.Op().(*op.Op); ok {
				ours++
				continue
			}
			if n.Op().Arity() == 0 { // a constant: the gradient of the total
				continue
			}
			if n.Op().String() != "+ false" {
				t.Errorf("%s is an operation of Gorgonia's own", n.Op())
			}
			sums++
			for it := n.Graph().From(n.ID()); it.Next(); {
				if d := op.TypeOf(it.Node().(*G.Node)); d == kernel.BF16 {
					t.Errorf("%s sums bfloat16 gradients", n.Name())
				}
			}
		}
		if ours == 0 || sums == 0 {
			t.Errorf("%d operations and %d gradient sums", ours, sums)
		}
	}
}

// TestInsideBfloat16 compares the gradients of a step with bfloat16 inside its blocks with those in
// float32. Its 8 bits give each activation an error of 0.4 %, of which some twenty layers make a
// few percent. InfoNCE over a batch of four is far worse conditioned and left out.
func TestInsideBfloat16(t *testing.T) {
	c := small()
	c.Contrast.Weight = 0
	narrow := newStep(t, newEngine(t), c, kernel.F32, kernel.BF16)
	wide := newStep(t, newEngine(t), c, kernel.F32, kernel.F32)
	for _, s := range []*method.Step{narrow, wide} {
		if err := s.Machine().RunAll(); err != nil {
			t.Fatal(err)
		}
	}
	var diff, norm float64
	for i, p := range wide.Params() {
		a, b := narrow.ReadGrad(narrow.Params()[i]), wide.ReadGrad(p)
		for j := range b {
			diff, norm = diff+(a[j]-b[j])*(a[j]-b[j]), norm+b[j]*b[j]
		}
	}
	if e := math.Sqrt(diff / norm); !(e < 0.03) {
		t.Errorf("relative error of the whole gradient is %.3f", e)
	}
}
