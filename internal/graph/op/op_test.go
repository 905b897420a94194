package op_test

import (
	"slices"
	"testing"

	G "gorgonia.org/gorgonia"

	"cmae/internal/graph/op"
	"cmae/internal/kernel"
)

// smooth is the tolerance of operations with bounded third derivatives: differences of step 1e-5
// are off by 1e-10 of the values from truncation and as much from rounding, and the sums here have
// up to a hundred terms.
const smooth = 1e-7

// operation is a use of one, with the tolerance of its gradients.
type operation struct {
	name      string
	tolerance float64
	build     func(b *bench) *G.Node
}

// TestGradients holds every operation's gradients, for every operand that has one, against central
// differences.
func TestGradients(t *testing.T) {
	for _, c := range operations() {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t)
			b.check(b.loss(c.build(b)), 1e-5, c.tolerance)
		})
	}
}

// operations are uses of the operations that have a gradient; convolutions stand in conv_test.go.
func operations() []operation {
	return []operation{
		{"gelu", smooth, func(b *bench) *G.Node { return op.GELU(b.x(3, 4)) }},
		{"relu", smooth, func(b *bench) *G.Node { return op.ReLU(b.x(3, 4)) }},
		{"add", smooth, func(b *bench) *G.Node { return op.Add(b.x(3, 4), b.x(3, 4)) }},
		{"add to itself", smooth, func(b *bench) *G.Node { x := b.x(3, 4); return op.Add(x, x) }},
		{"scale", smooth, func(b *bench) *G.Node { return op.Scale(b.x(3, 4), -2.5) }},
		{
			"scale rows", smooth,
			func(b *bench) *G.Node { return op.ScaleRows(b.x(3, 2, 4), b.normal(3)) },
		},
		{"reshape", smooth, func(b *bench) *G.Node { return op.GELU(op.Reshape(b.x(3, 4), 2, 6)) }},
		{"layer norm", smooth, func(b *bench) *G.Node {
			return op.LayerNorm(b.x(2, 3, 5), b.x(5), b.x(5), 1e-6, kernel.F64)
		}},
		{
			"attention of one head", smooth,
			func(b *bench) *G.Node { return attention(b.x(2, 3, 12), 1) },
		},
		{
			"attention of two heads", smooth,
			func(b *bench) *G.Node { return attention(b.x(2, 5, 24), 2) },
		},
		{
			"attention over one token", smooth,
			func(b *bench) *G.Node { return attention(b.x(2, 1, 12), 2) },
		},
		{
			"batch norm", smooth,
			func(b *bench) *G.Node {
				return op.BatchNorm(b.x(6, 3), op.BatchNormOptions{Eps: 1e-5})
			},
		},
		{"batch norm with affine", smooth, func(b *bench) *G.Node {
			return op.BatchNorm(
				b.x(6, 3), op.BatchNormOptions{Gamma: b.x(3), Beta: b.x(3), Eps: 1e-5},
			)
		}},
		{"batch norm with affine in groups", smooth, func(b *bench) *G.Node {
			return op.BatchNorm(
				b.x(8, 3), op.BatchNormOptions{Gamma: b.x(3), Beta: b.x(3), Eps: 1e-5, Groups: 2},
			)
		}},
		{
			"batch norm of rank 3", smooth,
			func(b *bench) *G.Node {
				return op.BatchNorm(b.x(3, 2, 4), op.BatchNormOptions{Eps: 1e-5})
			},
		},
		{"l2 normalize", smooth, func(b *bench) *G.Node { return op.L2Normalize(b.x(3, 4)) }},
		{"pool", smooth, func(b *bench) *G.Node { return op.PoolTokens(b.x(2, 5, 3), 1, 4) }},
		{"slice", smooth, func(b *bench) *G.Node { return op.SliceTokens(b.x(2, 5, 3), 1, 4) }},
		{
			"concat", smooth,
			func(b *bench) *G.Node { return op.ConcatTokens(b.x(2, 1, 3), b.x(2, 4, 3)) },
		},
		{"transpose", smooth, func(b *bench) *G.Node { return op.Transpose(b.x(2, 3, 4)) }},
		{
			"gather", smooth,
			func(b *bench) *G.Node { return gather(b, op.GatherTokens, b.normal, false) },
		},
		{
			"gather without some positions", smooth,
			func(b *bench) *G.Node { return gather(b, op.GatherTokens, b.normal, true) },
		},
		{
			"gather with learned positions", smooth,
			func(b *bench) *G.Node { return gather(b, op.GatherTokensLearned, b.x, false) },
		},
		{
			"gather with and without learned positions", smooth,
			func(b *bench) *G.Node { return gather(b, op.GatherTokensLearned, b.x, true) },
		},
		{"restore", smooth, func(b *bench) *G.Node {
			_, restore := b.shuffles(2, 5)
			return op.RestoreTokens(
				b.x(2, 3, 4), b.x(1, 1, 4), b.normal(1, 6, 4), b.indices(restore, 2, 5),
			)
		}},
		{"merge", smooth, func(b *bench) *G.Node {
			_, restore := b.shuffles(2, 5)
			return op.MergeTokens(b.x(2, 3, 4), b.normal(2, 4, 4), b.indices(restore, 2, 5))
		}},
		{
			"masked mse", smooth,
			func(b *bench) *G.Node {
				return op.MaskedMSE(b.x(2, 4, 3), b.normal(2, 4, 3), b.bits(2, 4))
			},
		},
		{
			"squared error", smooth,
			func(b *bench) *G.Node { return op.SquaredError(b.x(2, 4, 3), b.normal(2, 4, 3), 0.3) },
		},
		{
			"cross-entropy", smooth,
			func(b *bench) *G.Node {
				return op.SoftCrossEntropy(b.x(3, 4), b.fixed(b.random.Float64, 3, 4))
			},
		},
		{
			"info-nce in the batch", smooth,
			func(b *bench) *G.Node { return op.InfoNCE(nil, b.x(4, 3), b.normal(4, 3), nil, 0.5) },
		},
		{
			"info-nce against a queue", smooth,
			func(b *bench) *G.Node {
				return op.InfoNCE(nil, b.x(4, 3), b.normal(4, 3), b.normal(7, 3), 0.5)
			},
		},
		{"weighted sum", smooth, func(b *bench) *G.Node {
			x, y := b.x(3), b.x(4)
			return op.WeightedSum([]*G.Node{
				op.SquaredError(x, b.normal(3), 1), op.SquaredError(y, b.normal(4), 2),
				op.SquaredError(x, b.normal(3), 3),
			}, []float64{0.5, -2, 0})
		}},
		{"several readers", smooth, func(b *bench) *G.Node {
			x := b.x(2, 3, 4)
			y := op.GELU(x)
			return op.Add(op.Add(op.Scale(y, 2), y), op.Add(op.ReLU(y), x))
		}},
		{"several readers of a reshaped value", smooth, func(b *bench) *G.Node {
			x := op.GELU(b.x(3, 4))
			y := op.Reshape(x, 2, 6)
			return op.Add(op.Add(op.GELU(y), op.Scale(y, 3)), op.Reshape(op.GELU(x), 2, 6))
		}},
	}
}

func attention(qkv *G.Node, heads int) *G.Node {
	out, _ := op.Attention(qkv, heads)
	return out
}

func gather(
	b *bench, tokens func(cls, x, pos, ids, keep *G.Node) *G.Node,
	positions func(shape ...int) *G.Node, drop bool,
) *G.Node {
	ids, _ := b.shuffles(2, 5)
	picked := append(slices.Clone(ids[:3]), ids[5:8]...)
	var keep *G.Node
	if drop {
		keep = b.bits(2, 3)
	}
	return tokens(b.x(1, 1, 4), b.x(2, 5, 4), positions(1, 6, 4), b.indices(picked, 2, 3), keep)
}

// TestLinearGradients covers all combinations of the epilogue, for plain weights and for those of a
// patch convolution.
func TestLinearGradients(t *testing.T) {
	for _, weight := range [][]int{{3, 12}, {3, 3, 2, 2}} {
		for i := range 8 {
			bias, gelu, residual := i&1 != 0, i&2 != 0, i&4 != 0
			t.Run(nameOf(weight, bias, gelu, residual), func(t *testing.T) {
				b := newBench(t)
				o := op.LinearOptions{GELU: gelu}
				if bias {
					o.Bias = b.x(3)
				}
				if residual {
					o.Residual = b.x(2, 2, 3)
				}
				b.check(b.loss(op.Linear(b.x(2, 2, 12), b.x(weight...), o)), 1e-5, smooth)
			})
		}
	}
}

func nameOf(weight []int, bias, gelu, residual bool) string {
	name := "matrix"
	if len(weight) > 2 {
		name = "convolution"
	}
	for _, part := range []struct {
		name string
		on   bool
	}{{"bias", bias}, {"gelu", gelu}, {"residual", residual}} {
		if part.on {
			name += "+" + part.name
		}
	}
	return name
}

// TestCast goes through float32 and back. The loss is quadratic, for which differences of any step
// are exact, so the step can be large enough that the rounding of 6e-8 disappears in it.
func TestCast(t *testing.T) {
	b := newBench(t)
	y := op.Cast(op.Cast(b.x(3, 4), kernel.F32), kernel.F64)
	b.check(b.loss(y), 0.1, 1e-5)
	if x := b.nodes[0]; op.Cast(x, kernel.F64) != x {
		t.Error("a cast to the same type is a new node")
	}
}

// TestSoftmaxIsKeptWhereRead: the attention's second result sums to 1 over the keys, and reading it
// changes no gradient.
func TestSoftmaxIsKeptWhereRead(t *testing.T) {
	b := newBench(t)
	out, softmax := op.Attention(b.x(2, 3, 12), 2)
	probs := softmax()
	b.check(op.WeightedSum([]*G.Node{
		b.loss(out), op.SquaredError(probs, b.fixed(func() float64 { return 0 }, 2, 2, 3, 3), 0),
	},
		[]float64{1, 1}), 1e-5, smooth)
	if got := []int(probs.Shape()); !slices.Equal(got, []int{2, 2, 3, 3}) {
		t.Errorf("softmax has shape %v", got)
	}
}
