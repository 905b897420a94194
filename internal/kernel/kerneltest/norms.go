package kerneltest

import (
	"fmt"

	"cmae/internal/kernel"
)

// rowSizes are R and C, C above 1 since one column has no variance to speak of.
var rowSizes = [][2]int{{1, 7}, {7, 2}, {7, 33}, {17, 130}, {1100, 17}}

func normCases() []testCase {
	var list []testCase
	for _, z := range rowSizes {
		r, c := z[0], z[1]
		name := fmt.Sprintf("%dx%d", r, c)
		list = append(list,
			testCase{"LayerNorm/" + name, func(s *side) {
				s.LayerNorm(s.actOut(r, c), s.out(r), s.out(r), s.in(r, c), s.in(c), s.in(c), 1e-6)
				s.LayerNorm(
					s.out(r, c), kernel.Tensor{}, kernel.Tensor{}, s.in(r, c), s.in(c), s.in(c),
					1e-6,
				)
			}},
			testCase{"LayerNormGrad/" + name, func(s *side) { s.layerNormGrad(r, c) }},
			testCase{"L2Normalize/" + name, func(s *side) {
				y, norm := s.out(r, c), s.out(r)
				s.L2Normalize(y, norm, s.in(r, c))
				s.L2NormalizeGrad(s.out(r, c), y, norm, s.in(r, c))
			}},
			testCase{
				"Standardize/" + name,
				func(s *side) { s.Standardize(s.out(r, c), s.in(r, c), 1e-6) },
			},
		)
	}
	for _, z := range [][3]int{
		{4, 7, 1}, {6, 33, 2}, {24, 17, 3}, {33, 100, 1}, {64, 13, 1}, {195, 24, 3}, {136, 264, 2},
	} {
		r, c, groups := z[0], z[1], z[2]
		name := fmt.Sprintf("%dx%dx%d", r, c, groups)
		list = append(list,
			testCase{
				"BatchNorm/" + name,
				func(s *side) { s.batchNorm(r, c, groups, s.in(c), s.in(c), s.out(c), s.out(c)) },
			},
			testCase{"BatchNorm/plain/" + name, func(s *side) {
				s.batchNorm(
					r, c, groups, kernel.Tensor{}, kernel.Tensor{}, kernel.Tensor{},
					kernel.Tensor{},
				)
			}},
			testCase{"BatchNorm/finish/" + name, func(s *side) { s.finished(r, c, groups) }},
		)
	}
	return list
}

func (s *side) layerNormGrad(r, c int) {
	x, gamma, mean, rstd := s.in(r, c), s.in(c), s.out(r), s.out(r)
	s.LayerNorm(s.out(r, c), mean, rstd, x, gamma, s.in(c), 1e-6)
	s.LayerNormGrad(s.out(r, c), s.out(c), s.out(c), x, gamma, mean, rstd, s.act(r, c))
}

func (s *side) batchNorm(r, c, groups int, gamma, beta, dgamma, dbeta kernel.Tensor) {
	x, mean, istd := s.in(r, c), s.out(groups, c), s.out(groups, c)
	s.BatchNorm(s.out(r, c), mean, istd, x, gamma, beta, 1e-5, groups, kernel.Finish{})
	s.BatchNormGrad(
		s.out(r, c), dgamma, dbeta, x, gamma, mean, istd, s.in(r, c), kernel.Tensor{}, groups,
	)
}

// finished takes as the result of a ReLU numbers that both sides have alike, since near 0 the side
// of it is rounding.
func (s *side) finished(r, c, groups int) {
	x, mean, istd, gamma := s.in(r, c), s.out(groups, c), s.out(groups, c), s.in(c)
	s.BatchNorm(s.out(r, c), mean, istd, x, gamma, s.in(c), 1e-5, groups, kernel.Finish{ReLU: true})
	s.BatchNorm(
		s.out(r, c), mean, istd, x, gamma, s.in(c), 1e-5, groups,
		kernel.Finish{Residual: s.in(r, c), ReLU: true},
	)
	s.BatchNormGrad(
		s.out(r, c), s.out(c), s.out(c), x, gamma, mean, istd, s.in(r, c), s.in(r, c), groups,
	)
}
