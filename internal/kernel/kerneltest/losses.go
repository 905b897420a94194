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
			testCase{"InfoNCE/" + name, func(s *side) { s.infoNCE(b, c, b, kernel.Tensor{}) }},
			testCase{"InfoNCE/queue/" + name, func(s *side) { s.infoNCE(b, c, 1+q, s.unit(q, c)) }},
		)
	}
	return list
}

func (s *side) infoNCE(b, c, width int, queue kernel.Tensor) {
	zq, zk, probs := s.unit(b, c), s.unit(b, c), s.out(b, width)
	s.InfoNCE(s.out(), probs, zq, zk, queue, 0.2)
	s.InfoNCEGrad(s.out(b, c), probs, zk, queue, s.in(), 0.2)
}

// unit is random rows of length 1.
func (s *side) unit(r, c int) kernel.Tensor {
	y := s.out(r, c)
	s.L2Normalize(y, s.out(r), s.in(r, c))
	return y
}

func updateCases() []testCase {
	var list []testCase
	for _, n := range []int{1, 33, 40001} {
		name := fmt.Sprint(n)
		list = append(list,
			testCase{"AdamW/" + name, func(s *side) {
				h := kernel.AdamW{
					LR: 1e-2, Beta1: 0.9, Beta2: 0.95, Eps: 1e-8, WeightDecay: 0.05, Step: 3,
					GradScale: 0.5,
				}
				s.AdamW(s.also(s.in(n)), s.in(n), s.also(s.in(n)), s.also(s.positive(n)), h)
			}},
			testCase{"AdamW/companions/" + name, func(s *side) {
				h := kernel.AdamW{
					LR: 1e-2, Beta1: 0.9, Beta2: 0.95, Eps: 1e-8, Step: 2, GradScale: 1,
				}
				s.companions(n, func(p kernel.Tensor, c kernel.Companions) {
					h.Companions = c
					s.AdamW(p, s.in(n), s.also(s.in(n)), s.also(s.positive(n)), h)
				})
			}},
			testCase{"SGD/" + name, func(s *side) {
				s.SGD(
					s.also(s.in(n)), s.in(n), s.also(s.in(n)),
					kernel.SGD{LR: 1e-2, Momentum: 0.9, WeightDecay: 0.05, GradScale: 0.5},
				)
			}},
			testCase{"SGD/companions/" + name, func(s *side) {
				s.companions(n, func(p kernel.Tensor, c kernel.Companions) {
					s.SGD(
						p, s.in(n), s.also(s.in(n)),
						kernel.SGD{LR: 1e-2, Momentum: 0.9, GradScale: 1, Companions: c},
					)
				})
			}},
			testCase{
				"Momentum/" + name, func(s *side) { s.Momentum(s.also(s.in(n)), s.in(n), 0.99) },
			},
			testCase{"SumSquares/" + name, func(s *side) {
				Fill(s.Engine, s.out(), []float64{s.SumSquares(s.in(n))})
			}},
		)
	}
	return list
}

// companions compares the momentum copy, and how far the BF16 copies are from what they copy,
// rounded: not at all.
func (s *side) companions(n int, update func(p kernel.Tensor, c kernel.Companions)) {
	p, follower := s.also(s.in(n)), s.also(s.in(n))
	small, followerSmall, rounded := s.of(
		kernel.BF16, s.draw, []int{n},
	), s.of(kernel.BF16, s.draw, []int{n}), s.of(kernel.BF16, s.draw, []int{n})
	update(
		p,
		kernel.Companions{Follower: follower, Keep: 0.9, Copy: small, FollowerCopy: followerSmall},
	)
	for _, pair := range [][2]kernel.Tensor{{p, small}, {follower, followerSmall}} {
		s.Cast(rounded, pair[0])
		want, got := Values(s.Engine, rounded), Values(s.Engine, pair[1])
		for i := range got {
			got[i] -= want[i]
		}
		Fill(s.Engine, s.out(n), got)
	}
}
