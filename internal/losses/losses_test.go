package losses_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	G "gorgonia.org/gorgonia"

	"cmae/internal/graph"
	"cmae/internal/graph/op"
	"cmae/internal/kernel"
	"cmae/internal/kernel/kerneltest"
	"cmae/internal/kernel/portable"
	"cmae/internal/losses"
	"cmae/internal/rng"
)

// exact is for sums of some hundred float64 terms.
const exact = 1e-13

// array is the numbers of an operand with their shape.
type array struct {
	values []float64
	shape  []int
}

func normal(key uint64, shape ...int) array {
	a := array{shape: shape, values: make([]float64, kernel.Tensor{Shape: shape}.Len())}
	r := rng.For(9, rng.Synthetic, key)
	for i := range a.values {
		a.values[i] = r.NormFloat64()
	}
	return a
}

// unit is rows of length 1.
func unit(key uint64, rows, cols int) array {
	a := normal(key, rows, cols)
	for r := range rows {
		row := a.row(r)
		length := math.Sqrt(dot(row, row))
		for i := range row {
			row[i] /= length
		}
	}
	return a
}

func constant(v float64, shape ...int) array {
	a := normal(0, shape...)
	for i := range a.values {
		a.values[i] = v
	}
	return a
}

func (a array) row(r int) []float64 {
	c := a.shape[len(a.shape)-1]
	return a.values[r*c : (r+1)*c]
}

func dot(a, b []float64) (sum float64) {
	for i := range a {
		sum += a[i] * b[i]
	}
	return sum
}

// value builds a loss on the operands and runs it.
func value(t *testing.T, build func(n []*G.Node) *G.Node, operands ...array) float64 {
	t.Helper()
	e := portable.New(1)
	defer e.Close()
	g := G.NewGraph()
	var nodes []*G.Node
	for i, a := range operands {
		mem := e.New(kernel.F64, a.shape...)
		kerneltest.Fill(e, mem, a.values)
		nodes = append(nodes, op.Input(g, fmt.Sprint("operand", i), mem))
	}
	loss := build(nodes)
	m, err := graph.Compile(e, g, G.Nodes{loss})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.RunAll(); err != nil {
		t.Fatal(err)
	}
	return kerneltest.Values(e, m.Value(loss))[0]
}

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if d := math.Abs(got - want); !(d <= tolerance*max(1, math.Abs(want))) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

func contrast(tau float64, scale bool) func([]*G.Node) *G.Node {
	return func(n []*G.Node) *G.Node {
		var queue *G.Node
		if len(n) > 2 {
			queue = n[2]
		}
		return losses.Contrast(nil, n[0], n[1], queue, tau, scale)
	}
}

// slowContrast is the equation of spec 1.7 as it stands.
func slowContrast(zq, zk array, queue *array, tau float64) float64 {
	b, sum := zq.shape[0], 0.0
	for i := range b {
		positive := math.Exp(dot(zq.row(i), zk.row(i)) / tau)
		all := positive
		for j := range b {
			if queue == nil && j != i {
				all += math.Exp(dot(zq.row(i), zk.row(j)) / tau)
			}
		}
		for j := 0; queue != nil && j < queue.shape[0]; j++ {
			all += math.Exp(dot(zq.row(i), queue.row(j)) / tau)
		}
		sum -= math.Log(positive / all)
	}
	return sum / float64(b)
}

func TestContrast(t *testing.T) {
	zq, zk, queue := unit(1, 5, 4), unit(2, 5, 4), unit(3, 7, 4)
	for _, tau := range []float64{0.07, 0.2, 1} {
		near(
			t, "in the batch", value(t, contrast(tau, false), zq, zk),
			slowContrast(zq, zk, nil, tau), exact,
		)
		near(
			t, "queue", value(t, contrast(tau, false), zq, zk, queue),
			slowContrast(zq, zk, &queue, tau), exact,
		)
		near(
			t, "2 tau", value(t, contrast(tau, true), zq, zk), 2*tau*slowContrast(zq, zk, nil, tau),
			exact,
		)
	}
}

// TestContrastClosedForms: when all vectors are the same nothing tells the positive from the B-1 or
// Q negatives; one image alone has none.
func TestContrastClosedForms(t *testing.T) {
	same := constant(0.5, 6, 4)
	near(t, "identical vectors", value(t, contrast(0.2, false), same, same), math.Log(6), exact)
	near(
		t, "identical queue", value(t, contrast(0.2, false), same, same, constant(0.5, 9, 4)),
		math.Log(1+9), exact,
	)
	near(t, "one image", value(t, contrast(0.2, false), unit(1, 1, 4), unit(2, 1, 4)), 0, exact)
	axes := array{[]float64{1, 0, 0, 0, 1, 0, 0, 0, 1}, []int{3, 3}}
	near(
		t, "orthogonal pairs", value(t, contrast(0.5, false), axes, axes),
		math.Log(math.Exp(2)+2)-2, exact,
	)
}

// TestContrastSymmetries: the order of images does not matter, in batch or queue, nor which side is
// called query when both are the same.
func TestContrastSymmetries(t *testing.T) {
	zq, zk, queue := unit(1, 5, 4), unit(2, 5, 4), unit(3, 7, 4)
	near(
		t, "order of images", value(t, contrast(0.2, false), reversed(zq), reversed(zk)),
		value(t, contrast(0.2, false), zq, zk), exact,
	)
	near(
		t, "order of the queue", value(t, contrast(0.2, false), zq, zk, reversed(queue)),
		value(t, contrast(0.2, false), zq, zk, queue), exact,
	)
	both := func(n []*G.Node) *G.Node {
		return losses.Symmetric(
			losses.Contrast(nil, n[0], n[1], nil, 0.2, false),
			losses.Contrast(nil, n[1], n[0], nil, 0.2, false),
		)
	}
	near(t, "swapped views", value(t, both, zk, zq), value(t, both, zq, zk), exact)
	near(
		t, "symmetric", value(t, both, zq, zk),
		(slowContrast(zq, zk, nil, 0.2)+slowContrast(zk, zq, nil, 0.2))/2, exact,
	)
}

func reversed(a array) array {
	out := array{shape: a.shape}
	for r := a.shape[0] - 1; r >= 0; r-- {
		out.values = append(out.values, a.row(r)...)
	}
	return out
}

func l2(mean bool) func([]*G.Node) *G.Node {
	return func(n []*G.Node) *G.Node { return losses.LocationL2(n[0], n[1], mean) }
}

func ce(parts int) func([]*G.Node) *G.Node {
	return func(n []*G.Node) *G.Node { return losses.LocationCE(n[0], n[1], parts) }
}

// oneHot is [2,3,slots] with one 1 in each of the parts of every row.
func oneHot(slots, parts int) array {
	a := constant(0, 2, 3, slots)
	for r := range 6 {
		for p := range parts {
			a.row(r)[p*slots/parts+(r+p)%(slots/parts)] = 1
		}
	}
	return a
}

func TestLocation(t *testing.T) {
	out, index, rowcol := normal(1, 2, 3, 8), oneHot(8, 1), oneHot(8, 2)
	var square, cross, cross2 float64
	for r := range 6 {
		for i, v := range out.row(r) {
			square += (v - index.row(r)[i]) * (v - index.row(r)[i])
		}
		cross -= dot(logSoftmax(out.row(r)), index.row(r))
		cross2 -= dot(
			logSoftmax(out.row(r)[:4]), rowcol.row(r)[:4],
		) + dot(logSoftmax(out.row(r)[4:]), rowcol.row(r)[4:])
	}
	for _, c := range []struct {
		name        string
		build       func([]*G.Node) *G.Node
		out, target array
		want        float64
	}{
		{"l2", l2(false), out, index, square / 6},
		{"l2 averaged", l2(true), out, index, square / 6 / 8},
		{"cross-entropy", ce(1), out, index, cross / 6},
		{"cross-entropy of row and column", ce(2), out, rowcol, cross2 / 6},
		{"perfect prediction", l2(false), index, index, 0},
		{"no prediction", l2(false), constant(0, 2, 3, 8), index, 1},
		{"no prediction of row and column", l2(false), constant(0, 2, 3, 8), rowcol, 2},
		{"uniform logits", ce(1), constant(3, 2, 3, 8), index, math.Log(8)},
		{"uniform logits of row and column", ce(2), constant(3, 2, 3, 8), rowcol, 2 * math.Log(4)},
	} {
		near(t, c.name, value(t, c.build, c.out, c.target), c.want, exact)
	}
}

func logSoftmax(x []float64) []float64 {
	sum := 0.0
	for _, v := range x {
		sum += math.Exp(v)
	}
	out := slices.Clone(x)
	for i := range out {
		out[i] -= math.Log(sum)
	}
	return out
}

func reconstruction(normPix bool) func([]*G.Node) *G.Node {
	return func(n []*G.Node) *G.Node { return losses.Reconstruction(n[0], n[1], n[2], 2, normPix) }
}

// patchesOf cuts images [B,3,side,side] into 2x2 patches, each in order row, column, channel.
func patchesOf(images array, normPix bool) array {
	b, side := images.shape[0], images.shape[2]
	grid := side / 2
	out := array{shape: []int{b, grid * grid, 12}}
	for i := range b * grid * grid {
		top, left := i/grid%grid*2, i%grid*2
		var patch []float64
		for k := range 12 {
			y, x, channel := top+k/6, left+k/3%2, k%3
			patch = append(patch, images.values[((i/(grid*grid)*3+channel)*side+y)*side+x])
		}
		if normPix {
			standardize(patch)
		}
		out.values = append(out.values, patch...)
	}
	return out
}

// standardize uses the unbiased variance and the epsilon of spec 1.9.
func standardize(x []float64) {
	mean, squares, n := 0.0, 0.0, float64(len(x))
	for _, v := range x {
		mean += v / n
	}
	for _, v := range x {
		squares += (v - mean) * (v - mean)
	}
	for i := range x {
		x[i] = (x[i] - mean) / math.Sqrt(squares/(n-1)+1e-6)
	}
}

func TestReconstruction(t *testing.T) {
	images, pred := normal(1, 2, 3, 6, 6), normal(2, 2, 9, 12)
	hidden := constant(0, 2, 9)
	for _, i := range []int{1, 2, 5, 9, 16} {
		hidden.values[i] = 1
	}
	for _, normPix := range []bool{false, true} {
		target, want := patchesOf(images, normPix), 0.0
		for i, h := range hidden.values {
			for k, v := range pred.row(i) {
				want += h * (v - target.row(i)[k]) * (v - target.row(i)[k]) / 12 / 5
			}
		}
		near(
			t, "slow formula", value(t, reconstruction(normPix), pred, images, hidden), want, exact,
		)
		near(
			t, "perfect prediction", value(t, reconstruction(normPix), target, images, hidden), 0,
			exact,
		)
	}
	flat := constant(0.3, 2, 3, 6, 6)
	near(
		t, "constant patches", value(t, reconstruction(true), constant(2, 2, 9, 12), flat, hidden),
		4, exact,
	)
	// eps
	near(
		t, "zeros for normalised patches",
		value(t, reconstruction(true), constant(0, 2, 9, 12), images, hidden), 11./12, 1e-5,
	)
}

func TestTotal(t *testing.T) {
	total := func(n []*G.Node) *G.Node {
		return losses.Total(
			[]losses.Term{
				{Name: "reconstruct", Weight: 0.5, Value: n[0]},
				{Name: "location", Weight: 2, Value: n[1]},
			},
		)
	}
	near(t, "total", value(t, total, array{[]float64{3}, nil}, array{[]float64{5}, nil}), 11.5, 0)
}
