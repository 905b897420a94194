package safetensors

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Float32s returns the values of a tensor of type F32, F64, F16 or BF16 as float32. F64 is rounded
// to nearest.
func (t Tensor) Float32s() ([]float32, error) { return floats[float32](t) }

// Float64s is Float32s without rounding.
func (t Tensor) Float64s() ([]float64, error) { return floats[float64](t) }

func floats[V float32 | float64](t Tensor) ([]V, error) {
	size, err := byteSize(t.DType, t.Shape)
	if err != nil || size != int64(len(t.Data)) {
		return nil, fmt.Errorf(
			"tensor %q: %d bytes do not fill %s %s", t.Name, len(t.Data), t.DType,
			shapeText(t.Shape),
		)
	}
	switch t.DType {
	case "F32":
		return decode(t.Data, 4, func(b []byte) V {
			return V(math.Float32frombits(binary.LittleEndian.Uint32(b)))
		}), nil
	case "F64":
		return decode(t.Data, 8, func(b []byte) V {
			return V(math.Float64frombits(binary.LittleEndian.Uint64(b)))
		}), nil
	case "F16":
		return decode(
			t.Data, 2, func(b []byte) V { return V(half(binary.LittleEndian.Uint16(b))) },
		), nil
	case "BF16":
		return decode(t.Data, 2, func(b []byte) V {
			return V(math.Float32frombits(uint32(binary.LittleEndian.Uint16(b)) << 16))
		}), nil
	}
	return nil, fmt.Errorf(
		"tensor %q: %s is not a float type that can be read (F32, F64, F16, BF16)", t.Name, t.DType,
	)
}

func decode[V any](data []byte, size int, one func([]byte) V) []V {
	values := make([]V, len(data)/size)
	for i := range values {
		values[i] = one(data[i*size:])
	}
	return values
}

// half widens an IEEE binary16: 1 sign bit, 5 of exponent (bias 15), 10 of fraction.
func half(h uint16) float32 {
	sign, exponent, fraction := uint32(h>>15)<<31, uint32(h>>10&0x1f), uint32(h&0x3ff)
	switch exponent {
	case 0: // zero and subnormal: fraction * 2^-24, exact in float32
		return math.Float32frombits(math.Float32bits(float32(fraction)*0x1p-24) | sign)
	case 0x1f:
		return math.Float32frombits(sign | 0xff<<23 | fraction<<13)
	}
	return math.Float32frombits(sign | (exponent+127-15)<<23 | fraction<<13)
}
