package portable

import (
	"runtime"
	"slices"
	"sync/atomic"
	"testing"

	"cmae/internal/kernel"
)

func TestNewIsAlignedAndZero(t *testing.T) {
	e := New(1)
	for _, n := range []int{0, 1, 7, 1000} {
		x := e.New(kernel.F32, n, 3)
		if uintptr(x.Data)%64 != 0 {
			t.Errorf("%d elements start at %p", x.Len(), x.Data)
		}
		if slices.ContainsFunc(kernel.Slice[float32](x), func(v float32) bool { return v != 0 }) {
			t.Errorf("%d elements are not all zero", x.Len())
		}
	}
}

// The tensor's pointer must not be what keeps its memory: a graph may hold it as a number.
func TestEngineKeepsMemory(t *testing.T) {
	e := New(1)
	var hidden []uintptr
	for i := range 50 {
		x := e.New(kernel.F32, 1<<12)
		kernel.Slice[float32](x)[0] = float32(i)
		hidden = append(hidden, uintptr(x.Data))
	}
	runtime.GC()
	for range 50 {
		_ = make([]float32, 1<<12)
	}
	for i, address := range hidden {
		for data := range e.blocks {
			if uintptr(data) == address && *(*float32)(data) != float32(i) {
				t.Fatalf("tensor %d was overwritten", i)
			}
		}
	}
	if len(e.blocks) != 50 {
		t.Errorf("%d blocks held, want 50", len(e.blocks))
	}
}

func TestEachCoversAllOnce(t *testing.T) {
	for _, n := range []int{0, 1, 10, 101} {
		seen := make([]atomic.Int32, n)
		newWorkers(3).each(n, 7, func(lo, hi int) {
			for i := lo; i < hi; i++ {
				seen[i].Add(1)
			}
		})
		for i := range seen {
			if seen[i].Load() != 1 {
				t.Fatalf("%d of %d seen %d times", i, n, seen[i].Load())
			}
		}
	}
}

func TestEachPassesPanicsOn(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a panic in a task got lost")
		}
	}()
	newWorkers(2).each(10, 1, func(lo, _ int) {
		if lo == 9 {
			panic("broken")
		}
	})
}
