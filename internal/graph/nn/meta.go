package nn

import (
	"unsafe"

	"cmae/internal/kernel"
)

// NewMeta starts a set that has names, roles and shapes but no values. A graph over it can be
// planned and counted quickly, whatever its size, but not run.
func NewMeta(paramType kernel.DType) *Params {
	return &Params{engine: meta{}, paramType: paramType, byName: map[string]*Param{}}
}

// meta is an engine without memory. All its tensors point at the same place, which nobody reads
// or writes; whoever computes on it panics.
type meta struct{ kernel.Engine }

// IsMeta reports whether e is an engine without memory: nobody needs to make the numbers that
// would be written to it.
func IsMeta(e kernel.Engine) bool {
	_, is := e.(meta)
	return is
}

var metaMemory [64]byte

func (meta) New(t kernel.DType, shape ...int) kernel.Tensor {
	return kernel.Tensor{Data: unsafe.Pointer(&metaMemory), Type: t, Shape: shape}
}
func (meta) Free(kernel.Tensor)           {}
func (meta) Upload(kernel.Tensor, []byte) {}
