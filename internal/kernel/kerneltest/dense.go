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

// products are what is computed of operands of sizes R, N, K.
var products = []struct {
	name string
	run  func(s *side, r, n, k int)
}{
	{"Linear", func(s *side, r, n, k int) {
		s.Linear(s.out(r, n), s.act(r, k), s.act(n, k), kernel.Epilogue{})
	}},
	{"Linear/small", func(s *side, r, n, k int) {
		s.Linear(s.actOut(r, n), s.act(r, k), s.act(n, k), kernel.Epilogue{})
	}},
	{"Linear/bias", func(s *side, r, n, k int) {
		s.Linear(s.actOut(r, n), s.act(r, k), s.act(n, k), kernel.Epilogue{Bias: s.in(n)})
	}},
	{"Linear/gelu", func(s *side, r, n, k int) {
		s.Linear(
			s.actOut(r, n), s.act(r, k), s.act(n, k),
			kernel.Epilogue{Bias: s.in(n), Pre: s.actOut(r, n), GELU: true},
		)
	}},
	{"Linear/residual", func(s *side, r, n, k int) {
		s.Linear(
			s.out(r, n), s.act(r, k), s.act(n, k),
			kernel.Epilogue{Bias: s.in(n), Residual: s.in(r, n)},
		)
	}},
	{"Linear/in-place", func(s *side, r, n, k int) {
		y := s.also(s.in(r, n))
		s.Linear(y, s.act(r, k), s.act(n, k), kernel.Epilogue{Bias: s.in(n), Residual: y})
	}},
	{"Linear/everything", func(s *side, r, n, k int) {
		y := s.also(s.in(r, n))
		s.Linear(
			y, s.act(r, k), s.act(n, k),
			kernel.Epilogue{Bias: s.in(n), Pre: s.out(r, n), GELU: true, Residual: y},
		)
	}},
	{"LinearGradInput", func(s *side, r, n, k int) {
		s.LinearGradInput(s.out(r, k), s.act(r, n), s.act(n, k))
	}},
	{"LinearGradInput/small", func(s *side, r, n, k int) {
		s.LinearGradInput(s.actOut(r, k), s.act(r, n), s.act(n, k))
	}},
	{"LinearGradWeight", func(s *side, r, n, k int) {
		s.LinearGradWeight(s.out(n, k), s.out(n), s.act(r, n), s.act(r, k))
	}},
	{"LinearGradWeight/no-bias", func(s *side, r, n, k int) {
		s.LinearGradWeight(s.out(n, k), kernel.Tensor{}, s.act(r, n), s.act(r, k))
	}},
	{"MatMul", func(s *side, r, n, k int) {
		s.MatMul(s.out(r, n), s.in(r, k), s.in(k, n), false, false, 1)
		s.MatMul(s.out(r, n), s.in(k, r), s.in(k, n), true, false, 0.5)
		s.MatMul(s.out(r, n), s.in(r, k), s.in(n, k), false, true, -2)
		s.MatMul(s.out(r, n), s.in(k, r), s.in(n, k), true, true, 3)
	}},
}

func denseCases() []testCase {
	var list []testCase
	for _, z := range denseSizes {
		for _, p := range products {
			list = append(list, testCase{
				fmt.Sprintf("%s/%dx%dx%d", p.name, z[0], z[1], z[2]),
				func(s *side) { p.run(s, z[0], z[1], z[2]) },
			})
		}
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
