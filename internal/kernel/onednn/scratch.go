package onednn

import "cmae/internal/kernel"

// scratch is memory that lives from one primitive of a method to the next, and is kept for the next
// call.
type scratch struct {
	buffers [numSlots]kernel.Tensor
	ones    [2]kernel.Tensor // F32, BF16
}

// slot is a place in scratch. Methods share slots unless one calls the other:
//
//	   matmul                convolution             attention, by a group of images
//	0  left factor           as matmul               q, k, v by head
//	1  right factor          as matmul               scores; gradients of q, k, v
//	2  product               as matmul               weights; gradient of the scores
//	3  product before GELU   dw of some images       probabilities in BF16
//	4  before the residual
//	5                        pixels under a kernel
//	6                        images, filters
//	7                        other factor
//
// A convolution of one pixel calls the matmul on slots 5 to 7.
type slot int

const (
	slotLeft slot = iota
	slotRight
	slotProduct
	slotBeforeGELU
	slotBeforeResidual
	slotPixels
	slotImages
	slotOther
	numSlots
)

const slotPartOfDW = slotBeforeGELU

const (
	slotHeads slot = iota
	slotScores
	slotWeights
	slotProbs

	slotDHeads  = slotScores
	slotDScores = slotWeights
)

// buffer gives a tensor of unknown contents. The same slot gives the same memory.
func (e *Engine) buffer(s slot, t kernel.DType, shape ...int) kernel.Tensor {
	v := kernel.Tensor{Type: t, Shape: shape}
	b := &e.scratch.buffers[s]
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
