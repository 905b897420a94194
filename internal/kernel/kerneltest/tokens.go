package kerneltest

import (
	"fmt"

	"cmae/internal/kernel"
)

// tokenRuns are what is done to b images of n patches, v of them visible, as tokens of width d.
var tokenRuns = []struct {
	name string
	run  func(s *side, b, n, v, d int)
}{
	{"GatherTokens", func(s *side, b, n, v, d int) {
		ids := s.visible(b, n, v)
		s.GatherTokens(
			s.out(b, 1+v, d), s.in(d), s.in(b, n, d), s.in(1+n, d), ids, kernel.Tensor{},
		)
		s.GatherTokensGrad(s.out(d), s.out(b, n, d), s.in(b, 1+v, d), ids)
		s.GatherTokensGrad(s.out(d), kernel.Tensor{}, s.in(b, 1+v, d), ids)
		s.GatherTokensGradPos(s.out(1+n, d), s.in(b, 1+v, d), ids, kernel.Tensor{})
		if v > 0 {
			s.GatherTokens(
				s.out(b, 1+v, d), s.in(d), s.in(b, n, d), s.in(1+n, d), ids, s.flags(b, v),
			)
			s.GatherTokensGradPos(s.out(1+n, d), s.in(b, 1+v, d), ids, s.flags(b, v))
		}
	}},
	// tables and tokens as parameters have them
	{"GatherTokens/parameters", func(s *side, b, n, v, d int) {
		ids := s.visible(b, n, v)
		s.GatherTokens(
			s.out(b, 1+v, d), s.in(1, 1, d), s.in(b, n, d), s.in(1, 1+n, d), ids, kernel.Tensor{},
		)
		s.GatherTokensGrad(s.out(1, 1, d), s.out(b, n, d), s.in(b, 1+v, d), ids)
		s.GatherTokensGradPos(s.out(1, 1+n, d), s.in(b, 1+v, d), ids, kernel.Tensor{})
	}},
	{"RestoreTokens", func(s *side, b, n, v, d int) {
		order := s.restore(b, n)
		s.RestoreTokens(s.out(b, 1+n, d), s.in(b, 1+v, d), s.in(d), s.in(1+n, d), order)
		s.RestoreTokensGrad(s.out(b, 1+v, d), s.out(d), s.in(b, 1+n, d), order)
	}},
	{"RestoreTokens/parameters", func(s *side, b, n, v, d int) {
		order := s.restore(b, n)
		s.RestoreTokens(s.out(b, 1+n, d), s.in(b, 1+v, d), s.in(1, 1, d), s.in(1, 1+n, d), order)
		s.RestoreTokensGrad(s.out(b, 1+v, d), s.out(1, 1, d), s.in(b, 1+n, d), order)
	}},
	{"MergeTokens", func(s *side, b, n, v, d int) {
		order := s.restore(b, n)
		s.MergeTokens(s.out(b, n, d), s.in(b, 1+v, d), s.in(b, 1+n-v, d), order)
		s.MergeTokensGrad(s.out(b, 1+v, d), s.in(b, n, d), order)
	}},
	{"PoolTokens", func(s *side, b, n, v, d int) {
		for _, span := range [][2]int{{0, 1}, {0, n}, {n / 2, n}} {
			s.PoolTokens(s.out(b, d), s.in(b, n, d), span[0], span[1])
			s.PoolTokensGrad(s.out(b, n, d), s.in(b, d), span[0], span[1])
		}
	}},
	{"SliceTokens", func(s *side, b, n, v, d int) {
		s.SliceTokens(s.out(b, n-v, d), s.in(b, n, d), v, n)
		s.PadTokens(s.out(b, 1+n, d), s.in(b, n-v, d), v)
		s.ConcatTokens(s.out(b, 1+n, d), s.in(b, 1, d), s.in(b, n, d))
	}},
	{"Transpose", func(s *side, b, n, v, d int) { s.Transpose(s.out(b, d, n), s.in(b, n, d)) }},
}

func tokenCases() []testCase {
	list := patchCases()
	for _, z := range [][4]int{{1, 1, 0, 1}, {2, 7, 3, 5}, {3, 16, 4, 33}, {5, 64, 16, 96}} {
		for _, t := range tokenRuns {
			list = append(list, testCase{
				fmt.Sprintf("%s/%dx%dx%dx%d", t.name, z[0], z[1], z[2], z[3]),
				func(s *side) { t.run(s, z[0], z[1], z[2], z[3]) },
			})
		}
	}
	return list
}

// restore is the place of each of n patches in a random order.
func (s *side) restore(b, n int) kernel.Tensor {
	_, restore := shuffles(s, b, n)
	return s.indices(restore, b, n)
}

// visible is the first v of a random order of n patches.
func (s *side) visible(b, n, v int) kernel.Tensor {
	order, _ := shuffles(s, b, n)
	var ids []int
	for i := range b {
		ids = append(ids, order[i*n:i*n+v]...)
	}
	return s.indices(ids, b, v)
}

func patchCases() []testCase {
	var list []testCase
	for _, z := range [][4]int{{1, 1, 1, 1}, {2, 3, 6, 2}, {1, 3, 21, 7}, {3, 1, 12, 3}} {
		b, c, width, p := z[0], z[1], z[2], z[3]
		n := width / p * (width / p)
		for _, channelsLast := range []bool{false, true} {
			name := fmt.Sprintf("Patchify/%dx%dx%dx%d/%t", b, c, width, p, channelsLast)
			list = append(list, testCase{name, func(s *side) {
				s.Patchify(s.out(b, n, p*p*c), s.in(b, c, width, width), p, channelsLast)
			}})
		}
	}
	return list
}
