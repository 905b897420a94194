package nn

import (
	"math"
	"slices"
	"testing"

	G "gorgonia.org/gorgonia"

	"cmae/internal/graph/op"
	"cmae/internal/kernel"
	"cmae/internal/kernel/portable"
)

func newSet(t *testing.T, seed uint64) *Params {
	e := portable.New(1)
	t.Cleanup(func() { e.Close() })
	return NewParams(e, kernel.F32, seed)
}

func root(p *Params) *Scope { return NewScope(G.NewGraph(), p, p.paramType) }

// TestInitialValues holds the distributions of spec 2.
func TestInitialValues(t *testing.T) {
	p := newSet(t, 1)
	s := root(p)
	NewLinearShaped(s.Sub("proj"), 64, 3, 4, 4)
	NewLayerNorm(s.Sub("norm"), 8)
	s.Param("cls_token", Normal(0.02), 1, 1, 4096)
	read := func(name string) []float64 {
		param, ok := p.Lookup(name)
		if !ok {
			t.Fatalf("no %s", name)
		}
		return kernel.Read[float64](p.Engine(), param.Value)
	}
	bound := math.Sqrt(6. / (64 + 48)) // a patch convolution counts as a matrix [64,48]
	w := read("proj.weight")
	if largest := max(slices.Max(w), -slices.Min(w)); largest > bound || largest < 0.99*bound {
		t.Errorf("xavier bound %v, want nearly %v", largest, bound)
	}
	// A uniform's standard deviation is bound/sqrt 3; 3,072 and 4,096 draws give it to a few
	// percent.
	for name, want := range map[string]float64{
		"proj.weight": bound / math.Sqrt(3), "cls_token": 0.02,
	} {
		mean, sd := moments(read(name))
		if math.Abs(sd/want-1) > 0.05 || math.Abs(mean) > 0.1*want {
			t.Errorf("%s: mean %v, deviation %v, want 0 and %v", name, mean, sd, want)
		}
	}
	for name, want := range map[string]float64{"proj.bias": 0, "norm.weight": 1, "norm.bias": 0} {
		for _, v := range read(name) {
			if v != want {
				t.Errorf("%s holds %v, want %v", name, v, want)
			}
		}
	}
}

func moments(values []float64) (mean, sd float64) {
	for _, v := range values {
		mean += v / float64(len(values))
	}
	for _, v := range values {
		sd += (v - mean) * (v - mean) / float64(len(values))
	}
	return mean, math.Sqrt(sd)
}

// TestValuesDependOnSeedAndNameAlone: adding or reordering layers changes no other layer's initial
// values.
func TestValuesDependOnSeedAndNameAlone(t *testing.T) {
	values := func(seed uint64, names ...string) map[string][]float32 {
		p, all := newSet(t, seed), map[string][]float32{}
		s := root(p)
		for _, name := range names {
			NewLinear(s.Sub(name), 3, 4)
		}
		for _, param := range p.All() {
			all[param.Name] = kernel.Read[float32](p.Engine(), param.Value)
		}
		return all
	}
	a, b, other := values(1, "fc1", "fc2"), values(1, "fc3", "fc2", "fc1"), values(2, "fc1")
	for name, v := range a {
		if !slices.Equal(v, b[name]) {
			t.Errorf("%s depends on what else there is", name)
		}
	}
	if slices.Equal(a["fc1.weight"], a["fc2.weight"]) ||
		slices.Equal(a["fc1.weight"], other["fc1.weight"]) {
		t.Error("names or seeds share their values")
	}
}

// TestGraphsShareParameters: a second graph finds what the first created; an unlike shape is our
// own bug.
func TestGraphsShareParameters(t *testing.T) {
	p := newSet(t, 1)
	a, b := NewLinear(root(p).Sub("fc"), 3, 4), NewLinear(root(p).Sub("fc"), 3, 4)
	if len(p.All()) != 2 || op.ValueOf(a.Weight).Data != op.ValueOf(b.Weight).Data {
		t.Error("two graphs hold two copies")
	}
	defer func() {
		if recover() == nil {
			t.Error("another shape was accepted")
		}
	}()
	NewLinear(root(p).Sub("fc"), 4, 3)
}

// TestWeightsAreConvertedOnce however often a graph asks for them.
func TestWeightsAreConvertedOnce(t *testing.T) {
	s := NewScope(G.NewGraph(), newSet(t, 1), kernel.BF16)
	a, b := s.Weight(4, 3), s.Weight(4, 3)
	if a != b || op.TypeOf(a) != kernel.BF16 {
		t.Errorf("%v and %v", a, b)
	}
}

// TestRoles: the optimizer gets what is trained, in order of creation, and counts leave the rest
// out; decay spares biases and one-dimensional parameters (spec 1.11).
func TestRoles(t *testing.T) {
	p := newSet(t, 1)
	s := root(p)
	NewLinear(s.Sub("fc"), 3, 4)
	s.Param("cls_token", Zeros, 1, 1, 5)
	s.Table("pos_embed", Zeros, 1, 2, 5)
	NewLinear(s.Momentum().Sub("fc"), 3, 4)
	s.Param("odd.bias", Zeros, 2, 2)
	_, trained := s.Trained()
	var names, decayed []string
	for _, param := range trained {
		names = append(names, param.Name)
		if param.Decays() {
			decayed = append(decayed, param.Name)
		}
	}
	if want := []string{
		"fc.weight", "fc.bias", "cls_token", "odd.bias",
	}; !slices.Equal(names, want) {
		t.Errorf("trained %v, want %v", names, want)
	}
	if want := []string{"fc.weight", "cls_token"}; !slices.Equal(decayed, want) {
		t.Errorf("decayed %v, want %v", decayed, want)
	}
	if all, fc := p.Count(""), p.Count("fc."); all != 12+4+5+4 || fc != 12+4 {
		t.Errorf("%d trained values, %d of fc", all, fc)
	}
}
