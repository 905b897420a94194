package portable

import (
	"math"

	"cmae/internal/kernel"
)

// Attention: out[B,T,D] from qkv[B,T,3D].
func (m *arithmetic[T]) Attention(out, probs, qkv kernel.Tensor, heads int) {
	f := m.open()
	defer f.close()
	attention(m, f.out(out), f.out(probs), f.in(qkv), layoutOf(out, heads))
}

// AttentionGrad: dqkv[B,T,3D] from dout[B,T,D].
func (m *arithmetic[T]) AttentionGrad(dqkv, qkv, probs, dout kernel.Tensor, heads int) {
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
func (l headLayout) scale() float64 { return 1 / math.Sqrt(float64(l.each())) }

// each is the width of a head.
func (l headLayout) each() int { return l.width / l.heads }

// matrixOf is part (0 q, 1 k, 2 v) of head i (b*H + h) in a tensor [B,T,parts*D], as [T,D/H].
func matrixOf[T float](l headLayout, data []T, parts, part, i int) matrix[T] {
	b, h := i/l.heads, i%l.heads
	stride := parts * l.width
	return matrix[T]{
		data: data[b*l.tokens*stride+part*l.width+h*l.each():], rows: l.tokens, cols: l.each(),
		down: stride, right: 1,
	}
}

// grain is how many heads make a task: those of an image, where there are images enough.
func (l headLayout) grain(threads int) int {
	if l.batch < 4*threads {
		return 1
	}
	return l.heads
}

// queryRows is how many queries of a head go through scores, softmax and values together: their
// scores stay in the second-level cache.
const queryRows = 96

func attention[T float](m *arithmetic[T], out, probs, qkv []T, l headLayout) {
	square := l.tokens * l.tokens
	m.each(l.batch*l.heads, l.grain(m.threads), func(lo, hi int) {
		f := m.single.open()
		defer f.close()
		s := newSmall(f, max(l.tokens, l.each()))
		rows, stride := min(queryRows, l.tokens), s.padded(l.tokens)
		keys, values := s.panels(l.each(), l.tokens), s.panels(l.tokens, l.each())
		scores, weights := f.scratch(rows*stride), f.scratch(rows*l.tokens)
		for i := lo; i < hi; i++ {
			q, k := matrixOf(l, qkv, 3, 0, i), matrixOf(l, qkv, 3, 1, i)
			v := matrixOf(l, qkv, 3, 2, i)
			o := matrixOf(l, out, 1, 0, i)
			s.pack(keys, k.transposed())
			s.pack(values, v)
			for from := 0; from < l.tokens; from += rows {
				to := min(from+rows, l.tokens)
				n := to - from
				if probs != nil {
					weights = probs[i*square+from*l.tokens : i*square+to*l.tokens]
				}
				s.multiply(dense(scores, n, stride), q.part(from, to), keys)
				softmaxRows(weights, scores, n, l.tokens, stride, T(l.scale()))
				s.multiply(o.part(from, to), dense(weights, n, l.tokens), values)
			}
		}
	})
}

// attentionGrad recomputes nothing: with P the probabilities and S the scores, dV = P^T dO,
// dP = dO V^T, dS = P (dP - the sum of P dP in its row), dQ = dS K, dK = dS^T Q.
func attentionGrad[T float](m *arithmetic[T], dqkv, qkv, probs, dout []T, l headLayout) {
	square := l.tokens * l.tokens
	m.each(l.batch*l.heads, l.grain(m.threads), func(lo, hi int) {
		f := m.single.open()
		defer f.close()
		s := newSmall(f, max(l.tokens, l.each()))
		tall, wide := s.panels(l.tokens, l.each()), s.panels(l.each(), l.tokens)
		stride := s.padded(l.tokens)
		ds := dense(f.scratch(l.tokens*stride), l.tokens, stride)
		dscores := ds
		dscores.cols = l.tokens
		for i := lo; i < hi; i++ {
			p := dense(probs[i*square:(i+1)*square], l.tokens, l.tokens)
			q, k := matrixOf(l, qkv, 3, 0, i), matrixOf(l, qkv, 3, 1, i)
			v := matrixOf(l, qkv, 3, 2, i)
			dq, dk := matrixOf(l, dqkv, 3, 0, i), matrixOf(l, dqkv, 3, 1, i)
			dv, do := matrixOf(l, dqkv, 3, 2, i), matrixOf(l, dout, 1, 0, i)
			s.pack(wide, v.transposed())
			s.multiply(ds, do, wide)
			s.pack(tall, do)
			s.multiply(dv, p.transposed(), tall)
			softmaxGradRows(ds.data, p.data, l.tokens, l.tokens, stride, T(l.scale()))
			s.pack(tall, k)
			s.multiply(dq, dscores, tall)
			s.pack(tall, q)
			s.multiply(dk, dscores.transposed(), tall)
		}
	})
}
