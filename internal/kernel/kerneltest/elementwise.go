package kerneltest

import (
	"fmt"
)

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
			testCase{"Mul/" + name, func(s *side) {
				a, b := s.also(s.in(n)), s.also(s.in(n))
				s.Mul(s.out(n), a, b)
				s.Mul(a, a, b)
				s.Mul(b, b, b)
			}},
			testCase{"Scale/" + name, func(s *side) {
				x := s.also(s.in(n))
				s.Scale(s.out(n), x, -1.5)
				s.Scale(x, x, 0.25)
			}},
			testCase{"Pow/" + name, func(s *side) {
				x := s.also(s.positive(n))
				s.Pow(s.out(n), x, -0.5)
				s.Pow(s.out(n), s.in(n), 2)
				s.Pow(x, x, -1)
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
