package kerneltest

import (
	"slices"

	"cmae/internal/kernel"
)

// Values reads a tensor, through Cast and Download.
func Values(e kernel.Engine, t kernel.Tensor) []float64 { return allValues(e, t)[0] }

// allValues reads tensors. All are cast before the first is read: an engine that compiles what it
// is asked for then compiles once.
func allValues(e kernel.Engine, tensors ...kernel.Tensor) (all [][]float64) {
	var wide []kernel.Tensor
	for _, t := range tensors {
		w := e.New(kernel.F64, t.Shape...)
		defer e.Free(w)
		e.Cast(w, t)
		wide = append(wide, w)
	}
	for _, w := range wide {
		all = append(all, kernel.Read[float64](e, w))
	}
	return all
}

// Fill sets the elements of a floating-point tensor.
func Fill(e kernel.Engine, t kernel.Tensor, values []float64) {
	wide := e.New(kernel.F64, t.Shape...)
	defer e.Free(wide)
	kernel.Write(e, wide, values)
	e.Cast(t, wide)
}

// Indices makes an I32 tensor.
func Indices(e kernel.Engine, values []int, shape ...int) kernel.Tensor {
	t := e.New(kernel.I32, shape...)
	narrow := make([]int32, len(values))
	for i, v := range values {
		narrow[i] = int32(v)
	}
	kernel.Write(e, t, narrow)
	return t
}

// shuffles is a random order of n patches for each of b images: ids, the patch at each place, and
// restore, the place of each patch.
func shuffles(s *side, b, n int) (ids, restore []int) {
	restore = make([]int, b*n)
	for i := range b {
		keys, order := make([]float64, n), make([]int, n)
		for j := range n {
			keys[j], order[j] = s.draw(), j
		}
		slices.SortFunc(order, func(x, y int) int {
			if keys[x] < keys[y] {
				return -1
			}
			return 1
		})
		for place, patch := range order {
			restore[i*n+patch] = place
		}
		ids = append(ids, order...)
	}
	return ids, restore
}

func (s *side) indices(values []int, shape ...int) kernel.Tensor {
	t := Indices(s.Engine, values, shape...)
	s.mine = append(s.mine, t)
	return t
}
