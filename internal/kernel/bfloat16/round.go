// Package bfloat16 rounds numbers to bfloat16, on the host.
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
