package evaluate

import (
	"math"
	"slices"
)

// BatchNormEps is the epsilon of the BatchNorm before a linear probe, as published.
const BatchNormEps = 1e-6

// LinearHead is a trained classifier on the features of an encoder: BatchNorm with fixed
// statistics, or none, then a Linear layer.
type LinearHead struct {
	Classes        []string
	Mean, Variance []float32 // [D], running; nil without BatchNorm
	Weight         []float32 // [C,D]
	Bias           []float32 // [C]
}

// Dim is D, the number of values of a feature that the head takes.
func (h *LinearHead) Dim() int { return len(h.Weight) / len(h.Bias) }

// Probabilities is the softmax of the head's logits of one feature x[D]: a number for each class.
func (h *LinearHead) Probabilities(x []float32) []float64 {
	normal, p := h.normalized(x), make([]float64, len(h.Bias))
	for c, bias := range h.Bias {
		p[c] = float64(bias)
		for j, w := range h.Weight[c*len(x) : (c+1)*len(x)] {
			p[c] += float64(w) * normal[j]
		}
	}
	highest, sum := slices.Max(p), 0.0
	for c := range p {
		p[c] = math.Exp(p[c] - highest)
		sum += p[c]
	}
	for c := range p {
		p[c] /= sum
	}
	return p
}

// Folded are weight[C,D] and bias[C] of a Linear layer that does what the head does, its BatchNorm
// included.
func (h *LinearHead) Folded() (weight, bias []float32) {
	d := h.Dim()
	weight, bias = make([]float32, len(h.Weight)), make([]float32, len(h.Bias))
	for c := range bias {
		sum := float64(h.Bias[c])
		for j := range d {
			w := float64(h.Weight[c*d+j])
			if h.Mean != nil {
				w /= math.Sqrt(float64(h.Variance[j]) + BatchNormEps)
				sum -= w * float64(h.Mean[j])
			}
			weight[c*d+j] = float32(w)
		}
		bias[c] = float32(sum)
	}
	return weight, bias
}

// normalized is x[D] after BatchNorm.
func (h *LinearHead) normalized(x []float32) []float64 {
	normal := make([]float64, len(x))
	for j, v := range x {
		if normal[j] = float64(v); h.Mean != nil {
			normal[j] = (normal[j] - float64(h.Mean[j])) / math.Sqrt(
				float64(h.Variance[j])+BatchNormEps,
			)
		}
	}
	return normal
}
