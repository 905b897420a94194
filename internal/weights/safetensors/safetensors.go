// Package safetensors reads and writes the safetensors format: 8 bytes N (little endian), N bytes
// of JSON that name every tensor's type, shape and place, then the data. Files come from strangers,
// so a header is believed only after it has been checked whole: the tensors must cover the data
// exactly, without holes, overlaps or bytes left over. Names are keys, never paths.
//
// Reading order: safetensors.go (tensors), header.go (the JSON), layout.go (the checks), file.go
// (reading), float.go, write.go.
package safetensors

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/bits"
)

// ErrFormat is wrapped by every error that says the bytes are not a valid safetensors file.
var ErrFormat = errors.New("malformed safetensors file")

// Tensor is a named array in row-major order. Data holds its elements little endian, as they stand
// in a file.
type Tensor struct {
	Name  string
	DType string // "F32", "BF16", "I64", ...: the format's names
	Shape []int  // empty for a scalar
	Data  []byte
}

// elementSize is the number of bytes of one element, by the format's type names. Types below one
// byte are not read.
var elementSize = map[string]int{
	"BOOL": 1, "U8": 1, "I8": 1, "F8_E5M2": 1, "F8_E4M3": 1, "F8_E8M0": 1,
	"U16": 2, "I16": 2, "F16": 2, "BF16": 2,
	"U32": 4, "I32": 4, "F32": 4,
	"U64": 8, "I64": 8, "F64": 8, "C64": 8,
}

// FromFloat32s returns the F32 tensor of values, which it copies. It panics unless len(values) is
// the product of shape.
func FromFloat32s(name string, shape []int, values []float32) Tensor {
	size, err := byteSize("F32", shape)
	if err != nil || size != 4*int64(len(values)) {
		panic(
			fmt.Sprintf(
				"safetensors: tensor %q: %d values do not fill shape %v", name, len(values), shape,
			),
		)
	}
	data := make([]byte, size)
	for i, v := range values {
		binary.LittleEndian.PutUint32(data[4*i:], math.Float32bits(v))
	}
	return Tensor{Name: name, DType: "F32", Shape: shape, Data: data}
}

// byteSize returns the bytes that a tensor takes, or why there can be no such tensor. The product
// of all sizes but zeros must fit 63 bits, so that what is refused does not depend on where a zero
// stands.
func byteSize(dtype string, shape []int) (int64, error) {
	size, ok := elementSize[dtype]
	if !ok {
		return 0, fmt.Errorf("dtype %.40q is not supported", dtype)
	}
	total, empty := uint64(size), false
	for _, n := range shape {
		if n < 0 {
			return 0, fmt.Errorf("shape has the negative size %d", n)
		}
		if n == 0 {
			empty = true
			continue
		}
		high, low := bits.Mul64(total, uint64(n))
		if high != 0 || low > math.MaxInt64 {
			return 0, errors.New("shape's product overflows")
		}
		total = low
	}
	if empty {
		return 0, nil
	}
	return int64(total), nil
}
