package kerneltest

import (
	"fmt"

	"cmae/internal/kernel"
)

func updateCases() []testCase {
	var list []testCase
	for _, n := range []int{1, 33, 40001} {
		name := fmt.Sprint(n)
		list = append(list,
			testCase{"AdamW/" + name, func(s *side) {
				h := kernel.AdamW{
					Beta1: 0.9, Beta2: 0.95, Eps: 1e-8, WeightDecay: 0.05,
					Scheduled: kernel.Scheduled{LR: 1e-2, Step: 3, GradScale: 0.5},
				}
				s.AdamW(s.also(s.in(n)), s.in(n), s.also(s.in(n)), s.also(s.positive(n)), h)
			}},
			testCase{"AdamW/fusedOutputs/" + name, func(s *side) {
				h := kernel.AdamW{
					Beta1: 0.9, Beta2: 0.95, Eps: 1e-8,
					Scheduled: kernel.Scheduled{LR: 1e-2, Step: 2, GradScale: 1, EMADecay: 0.9},
				}
				s.fusedOutputs(n, func(p kernel.Tensor, c kernel.FusedOutputs) {
					h.FusedOutputs = c
					s.AdamW(p, s.in(n), s.also(s.in(n)), s.also(s.positive(n)), h)
				})
			}},
			testCase{"SGD/" + name, func(s *side) {
				s.SGD(
					s.also(s.in(n)), s.in(n), s.also(s.in(n)),
					kernel.SGD{
						Momentum: 0.9, WeightDecay: 0.05,
						Scheduled: kernel.Scheduled{LR: 1e-2, GradScale: 0.5},
					},
				)
			}},
			testCase{"SGD/fusedOutputs/" + name, func(s *side) {
				s.fusedOutputs(n, func(p kernel.Tensor, c kernel.FusedOutputs) {
					s.SGD(
						p, s.in(n), s.also(s.in(n)),
						kernel.SGD{
							Momentum:     0.9,
							Scheduled:    kernel.Scheduled{LR: 1e-2, GradScale: 1, EMADecay: 0.9},
							FusedOutputs: c,
						},
					)
				})
			}},
			testCase{
				"EMA/" + name, func(s *side) { s.EMA(s.also(s.in(n)), s.in(n), 0.99) },
			},
			testCase{"Norm/" + name, func(s *side) {
				s.Norm(s.result(kernel.F64, nil), []kernel.Tensor{s.in(n)})
				s.Norm(s.result(kernel.F64, nil), []kernel.Tensor{s.in(3), s.in(n, 2), s.in()})
			}},
		)
	}
	return list
}

// fusedOutputs compares the momentum copy, and how far the BF16 copies are from what they copy,
// rounded: not at all.
func (s *side) fusedOutputs(n int, update func(p kernel.Tensor, c kernel.FusedOutputs)) {
	p, ema := s.also(s.in(n)), s.also(s.in(n))
	bf16 := func() kernel.Tensor { return s.of(kernel.BF16, s.draw, []int{n}) }
	small, emaSmall, rounded := bf16(), bf16(), bf16()
	update(p, kernel.FusedOutputs{EMA: ema, Copy: small, EMACopy: emaSmall})
	for _, pair := range [][2]kernel.Tensor{{p, small}, {ema, emaSmall}} {
		s.Cast(rounded, pair[0])
		want, got := Values(s.Engine, rounded), Values(s.Engine, pair[1])
		for i := range got {
			got[i] -= want[i]
		}
		Fill(s.Engine, s.out(n), got)
	}
}
