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

func elementwiseCases() []testCase {
	var list []testCase
	for _, n := range []int{1, 7, 33, 1000, 40001} {
		name := fmt.Sprint(n)
		list = append(list,
			testCase{"GELU/" + name, func(s *side) {
				s.GELU(s.actOut(n), s.act(n))
				s.GELUGrad(s.actOut(n), s.act(n), s.act(n))
			}},
			testCase{"ReLU/" + name, func(s *side) {
				y := s.out(n)
				s.ReLU(y, s.in(n))
				s.ReLUGrad(s.out(n), y, s.in(n))
			}},
			testCase{"Add/" + name, func(s *side) {
				a, b := s.also(s.in(n)), s.also(s.in(n))
				s.Add(s.out(n), a, b)
				s.Add(a, a, b)
				s.Add(b, a, b)
			}},
			testCase{"Scale/" + name, func(s *side) {
				x := s.also(s.in(n))
				s.Scale(s.out(n), x, -1.5)
				s.Scale(x, x, 0.25)
			}},
			testCase{
				"ScaleRows/" + name,
				func(s *side) { s.ScaleRows(s.out(3, n, 2), s.in(3, n, 2), s.in(3)) },
			},
			testCase{"Copy/" + name, func(s *side) {
				s.Copy(s.out(n), s.in(n))
				s.Zero(s.out(n))
				s.Cast(s.out(n), s.act(n))
				s.Cast(s.actOut(n), s.in(n))
			}},
		)
	}
	return list
}
