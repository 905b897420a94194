package onednn

import (
	"unsafe"

	"cmae/internal/kernel"
)

// scratch is memory that lives from one primitive of a method to the next, and is kept for the next call.
type scratch struct {
	buffers [8]kernel.Tensor // as many as a method and what it calls need at once
	ones    [2]kernel.Tensor // F32, BF16
}

// buffer gives a tensor of unknown contents. The same slot gives the same memory.
func (e *Engine) buffer(slot int, t kernel.DType, shape ...int) kernel.Tensor {
	v := kernel.Tensor{Type: t, Shape: shape}
	b := &e.scratch.buffers[slot]
	if words := (v.Bytes() + 3) / 4; b.Absent() || b.Len() < words {
		if !b.Absent() {
			e.Free(*b)
		}
		*b = e.New(kernel.F32, words)
	}
	v.Data = b.Data
	return v
}

// unit gives at least n ones.
func (e *Engine) unit(t kernel.DType, n int) kernel.Tensor {
	v := &e.scratch.ones[0]
	if t == kernel.BF16 {
		v = &e.scratch.ones[1]
	}
	if v.Absent() || v.Len() < n {
		if !v.Absent() {
			e.Free(*v)
		}
		*v = e.New(t, n)
		if t == kernel.BF16 {
			fill(kernel.Slice[kernel.Bits16](*v), 0x3f80)
		} else {
			fill(kernel.Slice[float32](*v), 1)
		}
	}
	return *v
}

// floats shows the first n elements of an F32 tensor or buffer.
func floats(t kernel.Tensor, n int) []float32 { return unsafe.Slice((*float32)(t.Data), n) }

func fill[T any](s []T, v T) {
	for i := range s {
		s[i] = v
	}
}

func (e *Engine) freeScratch() {
	for _, t := range append(e.scratch.buffers[:], e.scratch.ones[:]...) {
		if !t.Absent() {
			e.Free(t)
		}
	}
}
