package kerneltest

import (
	"encoding/binary"
	"math"
	"slices"

	"cmae/internal/kernel"
)

// Values reads a tensor, through Cast and Download.
func Values(e kernel.Engine, t kernel.Tensor) []float64 {
	wide := e.New(kernel.F64, t.Shape...)
	defer e.Free(wide)
	e.Cast(wide, t)
	raw := make([]byte, wide.Bytes())
	e.Download(raw, wide)
	values := make([]float64, t.Len())
	for i := range values {
		values[i] = math.Float64frombits(binary.LittleEndian.Uint64(raw[8*i:]))
	}
	return values
}

// Fill sets the elements of a floating-point tensor.
func Fill(e kernel.Engine, t kernel.Tensor, values []float64) {
	wide := e.New(kernel.F64, t.Shape...)
	defer e.Free(wide)
	raw := make([]byte, 0, wide.Bytes())
	for _, v := range values {
		raw = binary.LittleEndian.AppendUint64(raw, math.Float64bits(v))
	}
	e.Upload(wide, raw)
	e.Cast(t, wide)
}

// Indices makes an I32 tensor.
func Indices(e kernel.Engine, values []int, shape ...int) kernel.Tensor {
	t := e.New(kernel.I32, shape...)
	raw := make([]byte, 0, t.Bytes())
	for _, v := range values {
		raw = binary.LittleEndian.AppendUint32(raw, uint32(v))
	}
	e.Upload(t, raw)
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
