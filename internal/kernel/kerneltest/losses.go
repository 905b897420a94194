package kerneltest

import (
	"fmt"

	"cmae/internal/kernel"
)

func lossCases() []testCase {
	list := infoNCECases()
	for _, z := range [][3]int{{1, 1, 1}, {2, 7, 3}, {3, 17, 33}, {4, 40, 100}} {
		b, n, p := z[0], z[1], z[2]
		name := fmt.Sprintf("%dx%dx%d", b, n, p)
		list = append(list,
			testCase{"MaskedMSE/" + name, func(s *side) {
				pred, target, hidden := s.in(b, n, p), s.in(b, n, p), s.flags(b, n)
				s.MaskedMSE(s.out(), pred, target, hidden)
				s.MaskedMSEGrad(s.out(b, n, p), pred, target, hidden, s.in())
			}},
			testCase{"SquaredError/" + name, func(s *side) {
				x, target := s.in(b, n, p), s.in(b, n, p)
				s.SquaredError(s.out(), x, target, 0.1)
				s.SquaredErrorGrad(s.out(b, n, p), x, target, s.in(), 0.1)
			}},
			testCase{"SoftCrossEntropy/" + name, func(s *side) {
				probs, target := s.out(n, p), s.positive(n, p)
				s.SoftCrossEntropy(s.out(), probs, s.in(n, p), target)
				s.SoftCrossEntropyGrad(s.out(n, p), probs, target, s.in())
			}},
		)
	}
	return append(list, testCase{"WeightedSum", func(s *side) {
		s.WeightedSum(s.out(), []kernel.Tensor{s.in(), s.in(), s.in()}, []float64{1, -0.5, 2})
	}})
}

func infoNCECases() []testCase {
	var list []testCase
	for _, z := range [][3]int{{1, 3, 1}, {7, 17, 33}, {17, 64, 5}, {64, 32, 300}} {
		b, c, q := z[0], z[1], z[2]
		name := fmt.Sprintf("%dx%dx%d", b, c, q)
		list = append(list,
			testCase{"InfoNCE/" + name, func(s *side) { s.infoNCE(b, c, b, 0, kernel.Tensor{}) }},
			testCase{"InfoNCE/of more/" + name, func(s *side) {
				s.infoNCE(b, c, 3*b+1, b+1, kernel.Tensor{})
			}},
			testCase{"InfoNCE/queue/" + name, func(s *side) {
				s.infoNCE(b, c, 1+q, 0, s.unit(q, c))
			}},
		)
	}
	return list
}

// infoNCE compares b queries with width keys, of which their own begin with the first-th, or with a
// queue of width-1.
func (s *side) infoNCE(b, c, width, first int, queue kernel.Tensor) {
	keys := width
	if !queue.Absent() {
		keys = b
	}
	zq, zk, probs := s.unit(b, c), s.unit(keys, c), s.out(b, width)
	s.InfoNCE(s.out(), probs, zq, zk, queue, first, 0.2)
	s.InfoNCEGrad(s.out(b, c), probs, zk, queue, s.in(), first, 0.2)
}

// unit is random rows of length 1.
func (s *side) unit(r, c int) kernel.Tensor {
	y := s.out(r, c)
	s.L2Normalize(y, s.out(r), s.in(r, c))
	return y
}
