package graph_test

import (
	"bytes"
	"slices"
	"testing"

	G "gorgonia.org/gorgonia"

	"cmae/internal/graph/op"
	"cmae/internal/kernel"
	"cmae/internal/kernel/kerneltest"
)

// forgetful is an engine that loses what it is told nobody reads.
type forgetful struct {
	kernel.Engine
	regions []kernel.Tensor
}

func (f *forgetful) Drop(region kernel.Tensor, keep []kernel.Tensor) {
	f.regions = append(f.regions, region)
	kept := make([][]byte, len(keep))
	for i, t := range keep {
		kept[i] = make([]byte, t.Bytes())
		f.Download(kept[i], t)
	}
	f.Upload(region, bytes.Repeat([]byte{0xff}, region.Bytes())) // NaN in every type
	for i, t := range keep {
		f.Upload(t, kept[i])
	}
}

// TestOutputsOutliveARun: an engine may forget all of a graph's memory but the outputs, whole, and
// the next run starts from nothing.
func TestOutputsOutliveARun(t *testing.T) {
	for seed := range uint64(20) {
		plain := newEngine(t)
		a, outs := randomGraph(plain, seed)
		want := run(t, plain, compile(t, plain, a, outs), outs)
		e := &forgetful{Engine: newEngine(t)}
		b, outs := randomGraph(e, seed)
		m := compile(t, e, b, outs)
		for i := range 2 {
			if got := run(t, e, m, outs); !equal(got, want) {
				t.Fatalf("seed %d, run %d: outputs are lost", seed, i)
			}
		}
		if shared, _ := m.Memory(); len(e.regions) != 2 || e.regions[0].Bytes() != shared {
			t.Errorf("seed %d: dropped %v after two runs of %d bytes", seed, e.regions, shared)
		}
	}
}

// TestPermutedRowsOutliveARun: all rows are kept, whatever wrote them.
func TestPermutedRowsOutliveARun(t *testing.T) {
	e := &forgetful{Engine: newEngine(t)}
	g := G.NewGraph()
	x := e.New(kernel.F32, 3, 2)
	kerneltest.Fill(e, x, []float64{1, 2, 3, 4, 5, 6})
	y := op.PermuteRows(op.Scale(op.Input(g, "x", x), 2), []int{2, 0, 1})
	got := run(t, e, compile(t, e, g, G.Nodes{y}), G.Nodes{y})
	if want := []float64{10, 12, 2, 4, 6, 8}; !slices.Equal(got[0], want) {
		t.Errorf("%v, want %v", got[0], want)
	}
}
