package op_test

import (
	"math"
	"testing"

	G "gorgonia.org/gorgonia"

	"cmae/internal/graph"
	"cmae/internal/graph/op"
	"cmae/internal/kernel"
	"cmae/internal/kernel/kerneltest"
)

// TestRunningStatistics runs a BatchNorm of two groups twice: each run moves the running statistics
// by a tenth towards the average of the groups' means and unbiased variances. Then evaluation
// normalises by them.
func TestRunningStatistics(t *testing.T) {
	b := newBench(t)
	x, gamma, beta := b.normal(4, 3, 2), b.normal(2), b.normal(2)
	mean, m := b.leaf(kernel.F64, []int{2})
	variance, v := b.leaf(kernel.F64, []int{2})
	kerneltest.Fill(b.engine, v, []float64{1, 1})
	running := &op.Running{Mean: mean, Variance: variance, Momentum: 0.1}
	b.run(
		op.BatchNorm(
			x,
			op.BatchNormOptions{Gamma: gamma, Beta: beta, Eps: 1e-5, Groups: 2, Running: running},
		),
		2,
	)

	values := kerneltest.Values(b.engine, op.ValueOf(x))
	gotMean, gotVariance := kerneltest.Values(b.engine, m), kerneltest.Values(b.engine, v)
	for c := range 2 {
		var mu, s float64
		for g := range 2 {
			var sum, squares float64
			for r := range 6 {
				sum += values[(g*6+r)*2+c] / 6
			}
			for r := range 6 {
				squares += (values[(g*6+r)*2+c] - sum) * (values[(g*6+r)*2+c] - sum)
			}
			mu, s = mu+sum/2, s+squares/5/2
		}
		if want := 0.19 * mu; math.Abs(gotMean[c]-want) > 1e-14 {
			t.Errorf("channel %d: running mean %v, want %v", c, gotMean[c], want)
		}
		if want := 0.81 + 0.19*s; math.Abs(gotVariance[c]-want) > 1e-14 {
			t.Errorf("channel %d: running variance %v, want %v", c, gotVariance[c], want)
		}
	}
	got := b.run(op.BatchNormRunning(x, mean, variance, gamma, beta, 1e-5, op.Finish{}), 1)
	scale := kerneltest.Values(b.engine, op.ValueOf(gamma))
	shift := kerneltest.Values(b.engine, op.ValueOf(beta))
	for i, y := range got {
		c := i % 2
		if want := (values[i]-gotMean[c])/math.Sqrt(gotVariance[c]+1e-5)*scale[c] +
			shift[c]; math.Abs(y-want) > 1e-14*(1+math.Abs(want)) {
			t.Fatalf("element %d: got %v, want %v", i, y, want)
		}
	}
}

// run compiles y, runs it some times and reads it.
func (b *bench) run(y *G.Node, times int) []float64 {
	b.Helper()
	m, err := graph.Compile(b.engine, b.graph, G.Nodes{y})
	if err != nil {
		b.Fatal(err)
	}
	defer m.Close()
	for range times {
		if err := m.RunAll(); err != nil {
			b.Fatal(err)
		}
	}
	return kerneltest.Values(b.engine, m.Value(y))
}
