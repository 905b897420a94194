// Package bfloat16 rounds numbers to bfloat16 and widens them again, on the host.
package bfloat16

import (
	"math"

	"cmae/internal/kernel"
)

// Round takes the nearest bfloat16 of each value, the even one of two; NaN stays NaN.
func Round[V float32 | float64 | int32](dst []kernel.Bits16, values []V) {
	done := 0
	if from, ok := any(values).([]float32); ok {
		done = roundGroups(dst, from)
	}
	roundLoop(dst[done:], values[done:])
}

// Widen is Value of each of src.
func Widen[V float32 | float64](dst []V, src []kernel.Bits16) {
	done := 0
	if to, ok := any(dst).([]float32); ok {
		done = widenGroups(to, src)
	}
	widenLoop(dst[done:], src[done:])
}

// Value is the number that a bfloat16 stands for.
func Value(v kernel.Bits16) float32 { return math.Float32frombits(uint32(v) << 16) }

func roundLoop[V float32 | float64 | int32](dst []kernel.Bits16, values []V) {
	for i, v := range values {
		bits := math.Float32bits(float32(v))
		if v != v {
			dst[i] = kernel.Bits16(bits>>16 | 0x40)
			continue
		}
		dst[i] = kernel.Bits16((bits + 0x7fff + bits>>16&1) >> 16)
	}
}

func widenLoop[V float32 | float64](dst []V, src []kernel.Bits16) {
	for i, v := range src {
		dst[i] = V(Value(v))
	}
}
