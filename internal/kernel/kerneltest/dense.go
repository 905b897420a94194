package kerneltest

import (
	"fmt"

	"cmae/internal/kernel"
)

// denseSizes are R, N, K: single elements, odd sizes, more than one block in each direction, a
// layer's own.
var denseSizes = [][3]int{
	{1, 1, 1}, {7, 17, 33}, {33, 7, 1}, {17, 64, 48}, {1, 130, 65}, {101, 33, 17}, {98, 260, 5},
	{13, 34, 390},
}

func denseCases() []testCase {
	var list []testCase
	for _, z := range denseSizes {
		r, n, k := z[0], z[1], z[2]
		name := fmt.Sprintf("%dx%dx%d", r, n, k)
		list = append(list,
			testCase{
				"Linear/" + name,
				func(s *side) {
					s.Linear(s.out(r, n), s.act(r, k), s.act(n, k), kernel.Epilogue{})
				},
			},
			testCase{
				"Linear/small/" + name,
				func(s *side) {
					s.Linear(s.actOut(r, n), s.act(r, k), s.act(n, k), kernel.Epilogue{})
				},
			},
			testCase{"Linear/bias/" + name, func(s *side) {
				s.Linear(s.actOut(r, n), s.act(r, k), s.act(n, k), kernel.Epilogue{Bias: s.in(n)})
			}},
			testCase{"Linear/gelu/" + name, func(s *side) {
				s.Linear(
					s.actOut(r, n), s.act(r, k), s.act(n, k),
					kernel.Epilogue{Bias: s.in(n), Pre: s.actOut(r, n), GELU: true},
				)
			}},
			testCase{"Linear/residual/" + name, func(s *side) {
				s.Linear(
					s.out(r, n), s.act(r, k), s.act(n, k),
					kernel.Epilogue{Bias: s.in(n), Residual: s.in(r, n)},
				)
			}},
			testCase{"Linear/in-place/" + name, func(s *side) {
				y := s.also(s.in(r, n))
				s.Linear(y, s.act(r, k), s.act(n, k), kernel.Epilogue{Bias: s.in(n), Residual: y})
			}},
			testCase{"Linear/everything/" + name, func(s *side) {
				y := s.also(s.in(r, n))
				s.Linear(
					y, s.act(r, k), s.act(n, k),
					kernel.Epilogue{Bias: s.in(n), Pre: s.out(r, n), GELU: true, Residual: y},
				)
			}},
			testCase{
				"LinearGradInput/" + name,
				func(s *side) { s.LinearGradInput(s.out(r, k), s.act(r, n), s.act(n, k)) },
			},
			testCase{
				"LinearGradInput/small/" + name,
				func(s *side) { s.LinearGradInput(s.actOut(r, k), s.act(r, n), s.act(n, k)) },
			},
			testCase{"LinearGradWeight/" + name, func(s *side) {
				s.LinearGradWeight(s.out(n, k), s.out(n), s.act(r, n), s.act(r, k))
			}},
			testCase{"LinearGradWeight/no-bias/" + name, func(s *side) {
				s.LinearGradWeight(s.out(n, k), kernel.Tensor{}, s.act(r, n), s.act(r, k))
			}},
			testCase{"MatMul/" + name, func(s *side) {
				s.MatMul(s.out(r, n), s.in(r, k), s.in(k, n), false, false, 1)
				s.MatMul(s.out(r, n), s.in(k, r), s.in(k, n), true, false, 0.5)
				s.MatMul(s.out(r, n), s.in(r, k), s.in(n, k), false, true, -2)
				s.MatMul(s.out(r, n), s.in(k, r), s.in(n, k), true, true, 3)
			}},
		)
	}
	return list
}

func attentionCases() []testCase {
	var list []testCase
	for _, z := range [][4]int{
		{1, 1, 1, 1}, {2, 7, 3, 5}, {3, 17, 4, 8}, {1, 33, 2, 16}, {1, 65, 2, 32},
	} {
		b, t, heads, each := z[0], z[1], z[2], z[3]
		d := heads * each
		name := fmt.Sprintf("%dx%dx%dx%d", b, t, heads, each)
		list = append(list,
			testCase{"Attention/" + name, func(s *side) {
				s.Attention(s.actOut(b, t, d), s.out(b, heads, t, t), s.act(b, t, 3*d), heads)
			}},
			testCase{"Attention/no-probs/" + name, func(s *side) {
				s.Attention(s.actOut(b, t, d), kernel.Tensor{}, s.act(b, t, 3*d), heads)
			}},
			testCase{"AttentionGrad/" + name, func(s *side) {
				qkv, probs := s.act(b, t, 3*d), s.out(b, heads, t, t)
				s.Attention(s.actOut(b, t, d), probs, qkv, heads)
				s.AttentionGrad(s.actOut(b, t, 3*d), qkv, probs, s.act(b, t, d), heads)
			}},
		)
	}
	return list
}
