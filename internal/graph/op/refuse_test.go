package op_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"

	"cmae/internal/graph/op"
	"cmae/internal/kernel"
)

// TestRefusals builds every operation on operands it cannot take: Build must return a BuildError
// that names the operation and all shapes.
func TestRefusals(t *testing.T) {
	of := func(f func(...*G.Node) *G.Node) func(b *bench, n []*G.Node) {
		return func(_ *bench, n []*G.Node) { f(n...) }
	}
	for _, c := range []struct {
		op     string
		reason string
		shapes [][]int
		build  func(b *bench, n []*G.Node)
	}{
		{
			"add", "shapes differ", [][]int{{3, 4}, {4, 3}},
			of(func(n ...*G.Node) *G.Node { return op.Add(n[0], n[1]) }),
		},
		{
			"scalerows", "factor", [][]int{{3, 4}, {4}},
			of(func(n ...*G.Node) *G.Node { return op.ScaleRows(n[0], n[1]) }),
		},
		{
			"reshape", "lengths differ", [][]int{{3, 4}},
			of(func(n ...*G.Node) *G.Node { return op.Reshape(n[0], 5, 2) }),
		},
		{"linear", "not 5", [][]int{{2, 4}, {3, 5}}, linear(op.LinearOptions{})},
		{"linear", "not 4", [][]int{{4}, {3, 4}}, linear(op.LinearOptions{})},
		{
			"linear", "bias", [][]int{{2, 4}, {3, 4}, {4}},
			func(_ *bench, n []*G.Node) { op.Linear(n[0], n[1], op.LinearOptions{Bias: n[2]}) },
		},
		{
			"linear", "residual", [][]int{{2, 4}, {3, 4}, {2, 4}},
			func(_ *bench, n []*G.Node) { op.Linear(n[0], n[1], op.LinearOptions{Residual: n[2]}) },
		},
		{"layernorm", "gamma", [][]int{{2, 4}, {3}, {4}}, layerNorm},
		{"layernorm", "beta", [][]int{{2, 4}, {4}, {1, 4}}, layerNorm},
		{"attention", "qkv", [][]int{{2, 12}}, heads(2)},
		{"attention", "13", [][]int{{1, 2, 13}}, heads(2)},
		{"attention", "3 heads", [][]int{{1, 2, 12}}, heads(3)},
		{
			"batchnorm", "together", [][]int{{4, 3}, {3}},
			func(_ *bench, n []*G.Node) { op.BatchNorm(n[0], op.BatchNormOptions{Gamma: n[1]}) },
		},
		{
			"batchnorm", "beta", [][]int{{4, 3}, {3}, {4}},
			func(_ *bench, n []*G.Node) {
				op.BatchNorm(n[0], op.BatchNormOptions{Gamma: n[1], Beta: n[2]})
			},
		},
		{
			"batchnorm", "3 groups", [][]int{{4, 3}},
			func(_ *bench, n []*G.Node) { op.BatchNorm(n[0], op.BatchNormOptions{Groups: 3}) },
		},
		{
			"patchify", "images", [][]int{{2, 3, 8}},
			of(func(n ...*G.Node) *G.Node { return op.Patchify(n[0], 4, true) }),
		},
		{
			"patchify", "do not divide", [][]int{{2, 3, 8, 8}},
			of(func(n ...*G.Node) *G.Node { return op.Patchify(n[0], 3, true) }),
		},
		{
			"patchify", "square", [][]int{{2, 3, 8, 4}},
			of(func(n ...*G.Node) *G.Node { return op.Patchify(n[0], 4, true) }),
		},
		{"gather", "patches", [][]int{{4}, {5, 4}, {6, 4}, {2, 3}}, gatherOf},
		{"gather", "cls", [][]int{{3}, {2, 5, 4}, {6, 4}, {2, 3}}, gatherOf},
		{"gather", "1+5", [][]int{{4}, {2, 5, 4}, {5, 4}, {2, 3}}, gatherOf},
		{"gather", "ids", [][]int{{4}, {2, 5, 4}, {6, 4}, {3, 3}}, gatherOf},
		{"gather", "keep", [][]int{{4}, {2, 5, 4}, {6, 4}, {2, 3}, {2, 5}}, gatherOf},
		{"restore", "tokens", [][]int{{2, 3}, {4}, {6, 4}, {2, 5}}, restoreOf},
		{"restore", "restore", [][]int{{2, 3, 4}, {4}, {6, 4}, {3, 5}}, restoreOf},
		{"restore", "mask token", [][]int{{2, 3, 4}, {5}, {6, 4}, {2, 5}}, restoreOf},
		{"restore", "1+5", [][]int{{2, 3, 4}, {4}, {7, 4}, {2, 5}}, restoreOf},
		{"merge", "visible pass", [][]int{{2, 3}, {2, 4, 4}, {2, 5}}, mergeOf},
		{"merge", "masked pass", [][]int{{2, 3, 4}, {2, 4, 5}, {2, 5}}, mergeOf},
		{"merge", "restore", [][]int{{2, 3, 4}, {2, 4, 4}, {2, 6}}, mergeOf},
		{
			"pool", "tokens", [][]int{{2, 3}},
			of(func(n ...*G.Node) *G.Node { return op.PoolTokens(n[0], 0, 1) }),
		},
		{
			"pool", "no tokens from 2 to 2", [][]int{{2, 3, 4}},
			of(func(n ...*G.Node) *G.Node { return op.PoolTokens(n[0], 2, 2) }),
		},
		{
			"slice", "no tokens from 1 to 4", [][]int{{2, 3, 4}},
			of(func(n ...*G.Node) *G.Node { return op.SliceTokens(n[0], 1, 4) }),
		},
		{
			"concat", "second", [][]int{{2, 3, 4}, {2, 3, 5}},
			of(func(n ...*G.Node) *G.Node { return op.ConcatTokens(n[0], n[1]) }),
		},
		{
			"transpose", "tokens", [][]int{{3, 4}},
			of(func(n ...*G.Node) *G.Node { return op.Transpose(n[0]) }),
		},
		{"maskedmse", "prediction", [][]int{{2, 3}, {2, 3}, {2}}, maskedOf},
		{"maskedmse", "target", [][]int{{2, 3, 4}, {2, 3, 5}, {2, 3}}, maskedOf},
		{"maskedmse", "mask", [][]int{{2, 3, 4}, {2, 3, 4}, {3, 2}}, maskedOf},
		{
			"squarederror", "target", [][]int{{2, 3}, {3, 2}},
			of(func(n ...*G.Node) *G.Node { return op.SquaredError(n[0], n[1], 1) }),
		},
		{
			"crossentropy", "target", [][]int{{2, 3}, {2}},
			of(func(n ...*G.Node) *G.Node { return op.SoftCrossEntropy(n[0], n[1]) }),
		},
		{"infonce", "queries", [][]int{{3}, {2, 3}}, infoNCEOf},
		{"infonce", "keys", [][]int{{2, 3}, {3, 3}}, infoNCEOf},
		{"infonce", "queue", [][]int{{2, 3}, {2, 3}, {5, 4}}, infoNCEOf},
		{
			"total", "2 weights", [][]int{{}},
			of(func(n ...*G.Node) *G.Node { return op.WeightedSum(n, []float64{1, 2}) }),
		},
	} {
		t.Run(c.op+"/"+c.reason, func(t *testing.T) {
			b := newBench(t)
			var operands []*G.Node
			for _, shape := range c.shapes {
				operands = append(operands, b.normal(shape...))
			}
			refusal(t, op.Build(func() { c.build(b, operands) }), c.op, c.reason, c.shapes)
		})
	}
}

func refusal(t *testing.T, err error, kind, reason string, shapes [][]int) {
	t.Helper()
	var refused *op.BuildError
	if !errors.As(err, &refused) {
		t.Fatalf("Build returned %v, want a BuildError", err)
	}
	wants := []string{kind + " ", reason}
	for _, s := range shapes {
		wants = append(wants, fmt.Sprint(s))
	}
	for _, want := range wants {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not say %q", err, want)
		}
	}
}

func linear(o op.LinearOptions) func(*bench, []*G.Node) {
	return func(_ *bench, n []*G.Node) { op.Linear(n[0], n[1], o) }
}

func layerNorm(_ *bench, n []*G.Node) { op.LayerNorm(n[0], n[1], n[2], 1e-6, kernel.F64) }

func heads(h int) func(*bench, []*G.Node) {
	return func(_ *bench, n []*G.Node) { op.Attention(n[0], h) }
}

func gatherOf(_ *bench, n []*G.Node) {
	var keep *G.Node
	if len(n) > 4 {
		keep = n[4]
	}
	op.GatherTokens(n[0], n[1], n[2], n[3], keep)
}

func restoreOf(_ *bench, n []*G.Node) { op.RestoreTokens(n[0], n[1], n[2], n[3]) }
func mergeOf(_ *bench, n []*G.Node)   { op.MergeTokens(n[0], n[1], n[2]) }
func maskedOf(_ *bench, n []*G.Node)  { op.MaskedMSE(n[0], n[1], n[2]) }

func infoNCEOf(_ *bench, n []*G.Node) {
	var queue *G.Node
	if len(n) > 2 {
		queue = n[2]
	}
	op.InfoNCE(nil, n[0], n[1], queue, 0.2)
}

// TestBuildPassesOtherPanics: Build is for refusals only.
func TestBuildPassesOtherPanics(t *testing.T) {
	defer func() {
		if r := recover(); r != "a bug" {
			t.Errorf("recovered %v, want the panic itself", r)
		}
	}()
	if err := op.Build(func() { panic("a bug") }); err != nil {
		t.Error(err)
	}
}

// TestErrorsNameTheLayer: the place of an operation is that of its parameter, or of the value it
// works on.
func TestErrorsNameTheLayer(t *testing.T) {
	b := newBench(t)
	w := op.Input(b.graph, "blocks.3.mlp.fc1.weight", b.engine.New(kernel.F64, 3, 4))
	y := op.Linear(b.normal(2, 4), w, op.LinearOptions{})
	err := op.Build(func() { op.Add(y, b.normal(2, 2)) })
	if err == nil || !strings.Contains(err.Error(), "add blocks.3.mlp.fc1") {
		t.Errorf("%v does not name the layer", err)
	}
	if got := y.Name(); got != "blocks.3.mlp.fc1 linear" {
		t.Errorf("the node is called %q", got)
	}
}
