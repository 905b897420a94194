// Package nntest makes the numbers that reference vectors are computed from, which the PyTorch
// programs that wrote those make too: nothing but names needs to be stored.
package nntest

import (
	"hash/fnv"
	"math"
	"strings"

	"cmae/internal/graph/nn"
)

// Noise are n numbers in [-1, 1) that follow from a name: a congruential generator that starts at
// its FNV-1a hash.
func Noise(name string, n int) []float64 {
	h := fnv.New32a()
	h.Write([]byte(name))
	state, values := h.Sum32(), make([]float64, n)
	for i := range values {
		state = state*1664525 + 1013904223
		values[i] = float64(state)/(1<<31) - 1
	}
	return values
}

// StartValues are a parameter's before the first step: matrices of unit gain, scales and variances
// about 1, the rest about 0.
func StartValues(p *nn.Param) []float64 {
	values := Noise(p.Name, p.Value.Len())
	shape := p.Value.Shape
	for i, u := range values {
		switch {
		case len(shape) > 1:
			values[i] = u * math.Sqrt(3*float64(shape[0])/float64(len(values)))
		case strings.HasSuffix(p.Name, "running_var") || strings.HasSuffix(p.Name, "weight"):
			values[i] = 1 + u/2
		default:
			values[i] = u / 4
		}
	}
	return values
}
