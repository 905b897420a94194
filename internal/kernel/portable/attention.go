package portable

import (
	"math"

	"cmae/internal/kernel"
)

// Attention: out[B,T,D] from qkv[B,T,3D].
func (m *machine[T]) Attention(out, probs, qkv kernel.Tensor, heads int) {
	f := m.open()
	defer f.close()
	attention(m, f.out(out), f.out(probs), f.in(qkv), layoutOf(out, heads))
}

// AttentionGrad: dqkv[B,T,3D] from dout[B,T,D].
func (m *machine[T]) AttentionGrad(dqkv, qkv, probs, dout kernel.Tensor, heads int) {
	f := m.open()
	defer f.close()
	attentionGrad(m, f.out(dqkv), f.in(qkv), f.in(probs), f.in(dout), layoutOf(dout, heads))
}

// headLayout finds the matrices of one head inside packed tensors.
type headLayout struct{ batch, tokens, width, heads int }

func layoutOf(out kernel.Tensor, heads int) headLayout {
	return headLayout{batch: out.Shape[0], tokens: out.Shape[1], width: out.Shape[2], heads: heads}
}

// scale is 1/sqrt(D/H).
func (l headLayout) scale() float64 { return 1 / math.Sqrt(float64(l.width/l.heads)) }

// matrixOf is part (0 q, 1 k, 2 v) of head i (b*H + h) in a tensor [B,T,parts*D], as [T,D/H].
func matrixOf[T float](l headLayout, data []T, parts, part, i int) matrix[T] {
	b, h, each := i/l.heads, i%l.heads, l.width/l.heads
	stride := parts * l.width
	return matrix[T]{
		data: data[b*l.tokens*stride+part*l.width+h*each:], rows: l.tokens, cols: each,
		down: stride, right: 1,
	}
}

func attention[T float](m *machine[T], out, probs, qkv []T, l headLayout) {
	square := l.tokens * l.tokens
	m.each(l.batch*l.heads, 1, func(i, _ int) {
		f := m.single.open()
		defer f.close()
		var weights []T
		if probs != nil {
			weights = probs[i*square : (i+1)*square]
		} else {
			weights = f.scratch(square)
		}
		p := dense(weights, l.tokens, l.tokens)
		q, k, v := matrixOf(l, qkv, 3, 0, i), matrixOf(l, qkv, 3, 1, i), matrixOf(l, qkv, 3, 2, i)
		f.multiply(product[T]{c: p, a: q, b: k.transposed(), alpha: T(l.scale())})
		for row := 0; row < square; row += l.tokens {
			softmax(weights[row : row+l.tokens])
		}
		f.multiply(product[T]{c: matrixOf(l, out, 1, 0, i), a: p, b: v, alpha: 1})
	})
}

func attentionGrad[T float](m *machine[T], dqkv, qkv, probs, dout []T, l headLayout) {
	square := l.tokens * l.tokens
	m.each(l.batch*l.heads, 1, func(i, _ int) {
		f := m.single.open()
		defer f.close()
		p, dp := dense(
			probs[i*square:(i+1)*square], l.tokens, l.tokens,
		), dense(f.scratch(square), l.tokens, l.tokens)
		q, k, v := matrixOf(l, qkv, 3, 0, i), matrixOf(l, qkv, 3, 1, i), matrixOf(l, qkv, 3, 2, i)
		dq, dk := matrixOf(l, dqkv, 3, 0, i), matrixOf(l, dqkv, 3, 1, i)
		dv := matrixOf(l, dqkv, 3, 2, i)
		do := matrixOf(l, dout, 1, 0, i)
		f.multiply(product[T]{c: dv, a: p.transposed(), b: do, alpha: 1})
		f.multiply(product[T]{c: dp, a: do, b: v.transposed(), alpha: 1})
		for row := 0; row < square; row += l.tokens {
			softmaxGrad(dp.data[row:row+l.tokens], p.data[row:row+l.tokens], T(l.scale()))
		}
		f.multiply(product[T]{c: dq, a: dp, b: k, alpha: 1})
		f.multiply(product[T]{c: dk, a: dp.transposed(), b: q, alpha: 1})
	})
}
