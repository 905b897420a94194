// Package kernel says what a numeric engine must be able to do, in terms of memory that the engine
// owns.
//
// Read tensor.go and values.go for the memory, then engine.go, which puts the contract together
// from the other files: memory.go, products.go, norms.go, elementwise.go, rows.go, tokens.go,
// convolution.go, losses.go, updates.go. Each says first what an engine must have, then what it may
// have. open.go is how a program finds an engine; finite.go is what all ask of a number. The
// implementations stand beside it: portable (plain Go, the reference of the others), onednn, and
// xla (devices); package compose makes what an engine lacks out of what it has. Nothing here knows
// of graphs, models or training.
//
// Letters, used in every file below:
//
//	B  images in the batch           N  patches of an image
//	V  visible patches, N = V + M    T  tokens of a sequence (patches, and cls where present)
//	D  width of a token              H  heads
//	C  columns: the last dimension   R  rows: the product of all dimensions but the last
package kernel

import (
	"fmt"
	"unsafe"
)

// DType is the element type of a Tensor.
type DType uint8

// The element types. F64 exists so that gradients can be checked against finite differences; BF16
// for activations inside a block.
const (
	F32 DType = iota + 1
	F64
	BF16
	I32
)

// Bits16 is one bfloat16 value: the upper half of a float32.
type Bits16 uint16

// Size is the number of bytes of one element.
func (t DType) Size() int {
	switch t {
	case F64:
		return 8
	case BF16:
		return 2
	}
	return 4
}

func (t DType) String() string {
	switch t {
	case F32:
		return "f32"
	case F64:
		return "f64"
	case BF16:
		return "bf16"
	case I32:
		return "i32"
	}
	return fmt.Sprintf("DType(%d)", uint8(t))
}

// Tensor is a dense row-major array in memory that an engine allocated. The zero Tensor means
// "absent" wherever a primitive documents an operand as optional.
type Tensor struct {
	Data  unsafe.Pointer
	Type  DType
	Shape []int
}

// Absent reports whether t is the zero Tensor.
func (t Tensor) Absent() bool { return t.Data == nil }

// Len is the number of elements; 1 for a scalar, whose Shape is empty.
func (t Tensor) Len() int {
	n := 1
	for _, d := range t.Shape {
		n *= d
	}
	return n
}

// Bytes is the size of the elements in memory.
func (t Tensor) Bytes() int { return t.Len() * t.Type.Size() }

// Cols is the last dimension, 1 for a scalar.
func (t Tensor) Cols() int {
	if len(t.Shape) == 0 {
		return 1
	}
	return t.Shape[len(t.Shape)-1]
}

// Rows is the product of all dimensions but the last.
func (t Tensor) Rows() int { return t.Len() / t.Cols() }

// View is the same memory under another shape of the same length.
func (t Tensor) View(shape ...int) Tensor {
	v := Tensor{Data: t.Data, Type: t.Type, Shape: shape}
	if v.Len() != t.Len() {
		panic(fmt.Sprintf("kernel: view of %v as %v", t.Shape, shape))
	}
	return v
}

// Part is the memory of t[from:to] along the first dimension.
func (t Tensor) Part(from, to int) Tensor {
	row := t.Bytes() / t.Shape[0]
	return t.At(from*row, t.Type, append([]int{to - from}, t.Shape[1:]...)...)
}

// At is memory of t, from byte offset on, as elements of another type in another shape. Whoever
// reads elements reads them in the type in which they were written: an engine may keep values
// instead of bytes.
func (t Tensor) At(offset int, as DType, shape ...int) Tensor {
	v := Tensor{Data: unsafe.Add(t.Data, offset), Type: as, Shape: shape}
	if offset < 0 || offset+v.Bytes() > t.Bytes() {
		panic(fmt.Sprintf(
			"kernel: %s %v at byte %d of %d", as, shape, offset, t.Bytes(),
		))
	}
	return v
}

// Element is the Go type of an element.
type Element interface {
	float32 | float64 | Bits16 | int32
}

// TypeOf is the DType whose elements are E.
func TypeOf[E Element]() DType {
	switch any(*new(E)).(type) {
	case float32:
		return F32
	case float64:
		return F64
	case Bits16:
		return BF16
	}
	return I32
}

// Slice shows the elements of a Tensor in host memory, and nil for an absent one. It panics when E
// is not the element type.
func Slice[E Element](t Tensor) []E {
	if t.Absent() {
		return nil
	}
	if t.Type != TypeOf[E]() {
		panic(fmt.Sprintf("kernel: %s tensor read as %s", t.Type, TypeOf[E]()))
	}
	return unsafe.Slice((*E)(t.Data), t.Len())
}

// Bytes shows numbers as their bytes in memory, which is what Upload and Download carry; every
// platform of cmae is little-endian.
func Bytes[E Element](values []E) []byte {
	if len(values) == 0 {
		return nil
	}
	return unsafe.Slice(
		(*byte)(unsafe.Pointer(&values[0])), len(values)*int(unsafe.Sizeof(values[0])),
	)
}
