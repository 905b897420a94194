package op_test

import (
	"slices"
	"testing"

	"cmae/internal/graph/op"
	"cmae/internal/kernel/kerneltest"
)

// TestTakeRows picks rows, some several times.
func TestTakeRows(t *testing.T) {
	b := newBench(t)
	x := b.normal(3, 2)
	values := kerneltest.Values(b.engine, op.ValueOf(x))
	want := slices.Concat(values[4:6], values[:2], values[4:6])
	if got := b.run(op.TakeRows(x, b.indices([]int{2, 0, 2}, 3)), 1); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// TestPermuteRows moves whole rows, and refuses an order that loses one.
func TestPermuteRows(t *testing.T) {
	b := newBench(t)
	x := b.normal(3, 2, 2)
	values := kerneltest.Values(b.engine, op.ValueOf(x))
	want := slices.Concat(values[8:12], values[:4], values[4:8])
	if got := b.run(op.PermuteRows(x, []int{2, 0, 1}), 1); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	for _, order := range [][]int{{0, 1}, {0, 1, 1}, {0, 1, 3}} {
		if err := op.Build(func() { op.PermuteRows(x, order) }); err == nil {
			t.Errorf("order %v was accepted", order)
		}
	}
}
