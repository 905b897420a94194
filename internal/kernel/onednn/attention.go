package onednn

import (
	"math"
	"unsafe"

	"cmae/internal/kernel"
)

// cacheBytes bounds, per thread, what attention keeps from one of its primitives to the next, so
// that it is still in the cores' caches when the next one reads it.
const cacheBytes = 2 << 20

// attention is the geometry of a group of images that go through the primitives together, in BF16;
// in F32 package portable is faster: 0.5 to 0.7 of the time at 17 tokens, 0.7 to 0.8 at 65, and
// 0.75 to 1 at 197 to 577.
//
// The fast matmuls want dense matrices, and packed rows are not: so q, k and v of a group are first
// unpacked into scratch.
type attention struct {
	images, heads, tokens, width int // width of a head
}

func (e *Engine) newAttention(qkv kernel.Tensor, heads int) attention {
	b, t, d := qkv.Shape[0], qkv.Shape[1], qkv.Shape[2]/3
	image := 3*t*d*qkv.Type.Size() + 4*heads*t*t
	g := max(1, min(b, cacheBytes*e.threads/image))
	for b%g != 0 {
		g--
	}
	return attention{images: g, heads: heads, tokens: t, width: d / heads}
}

// packed lays out q, k and v side by side in rows of 3D; unpacked lays them out after one another,
// each as [images,heads,T,width].
func (a attention) packed() operand {
	o := a.unpacked()
	row := int64(3 * a.heads * a.width)
	o.strides = [5]int64{int64(a.heads * a.width), int64(a.tokens) * row, int64(a.width), row, 1}
	return o
}

func (a attention) unpacked() operand {
	return dense(kernel.BF16, 3, a.images, a.heads, a.tokens, a.width)
}

// rows lays out one unpacked matrix, merged one whose heads stand side by side in rows of D.
func (a attention) rows() operand {
	return dense(kernel.BF16, a.images, a.heads, a.tokens, a.width)
}

func (a attention) merged() operand {
	o := a.rows()
	row := int64(a.heads * a.width)
	o.strides = [5]int64{int64(a.tokens) * row, int64(a.width), row, 1}
	return o
}

// squares lays out scores or probabilities, flat the same as the softmax sees them.
func (a attention) squares(t kernel.DType) operand {
	return dense(t, a.images, a.heads, a.tokens, a.tokens)
}

func (a attention) flat(t kernel.DType) operand {
	return dense(t, a.images*a.heads*a.tokens, a.tokens)
}

// squaresLen and rowsLen are how many elements squares and rows have.
func (a attention) squaresLen() int { return a.images * a.heads * a.tokens * a.tokens }

func (a attention) rowsLen() int { return a.images * a.heads * a.tokens * a.width }

func (a attention) scale() float32 { return float32(1 / math.Sqrt(float64(a.width))) }

// at points at element i.
func at(t kernel.Tensor, i int) unsafe.Pointer { return unsafe.Add(t.Data, i*t.Type.Size()) }

// native reports whether the library's attention is the better one for these.
func (e *Engine) native(probs kernel.Tensor, rest ...kernel.Tensor) bool {
	return e.native16 && all(kernel.BF16, rest...) && floating(rest...) && floating(probs)
}

// Attention works on a group of images at a time: scores in F32, softmax, and the weighted sum of
// the values.
func (e *Engine) Attention(out, probs, qkv kernel.Tensor, heads int) {
	if !e.native(probs, out, qkv) {
		e.Engine.Attention(out, probs, qkv, heads)
		return
	}
	a := e.newAttention(qkv, heads)
	n := a.rowsLen()
	parts := e.buffer(slotHeads, kernel.BF16, 3*n)
	for b := 0; b < qkv.Shape[0]; b += a.images {
		first := b * heads * a.tokens * a.tokens
		scores := e.buffer(slotScores, kernel.F32, a.squaresLen()).Data
		if probs.Type == kernel.F32 {
			scores = at(probs, first)
		}
		weights := e.buffer(slotWeights, kernel.BF16, a.squaresLen()).Data
		if probs.Type == kernel.BF16 {
			weights = at(probs, first)
		}
		e.reorder(a.unpacked(), parts.Data, a.packed(), at(qkv, b*a.tokens*qkv.Shape[2]))
		e.multiply(
			a.scale(), a.squares(kernel.F32), scores, a.rows(), parts.Data, a.rows().transposed(),
			at(parts, n),
		)
		e.softmax(a, scores, weights, probs.Type == kernel.F32)
		e.multiply(
			1, a.merged(), at(out, b*a.tokens*out.Shape[2]), a.squares(kernel.BF16), weights,
			a.rows(), at(parts, 2*n),
		)
	}
}

// softmax turns F32 scores into BF16 weights; keep asks for the F32 result in place of the scores.
func (e *Engine) softmax(a attention, scores, weights unsafe.Pointer, keep bool) {
	s := spec{kind: softmax}
	s.operands[0], s.operands[1] = a.flat(kernel.F32), a.flat(kernel.BF16)
	if !keep && e.can(&s) {
		e.run(&s, scores, weights)
		return
	}
	s.operands[1] = a.flat(kernel.F32)
	e.run(&s, scores, scores)
	e.reorder(a.flat(kernel.BF16), weights, a.flat(kernel.F32), scores)
}

// AttentionGrad recomputes nothing: with P the probabilities, dV = P^T dO, dP = dO V^T, dS =
// softmax'(P, dP), dQ = dS K, dK = dS^T Q.
func (e *Engine) AttentionGrad(dqkv, qkv, probs, dout kernel.Tensor, heads int) {
	if !e.native(probs, dqkv, qkv, dout) {
		e.Engine.AttentionGrad(dqkv, qkv, probs, dout, heads)
		return
	}
	a := e.newAttention(qkv, heads)
	n := a.rowsLen()
	square, row, scale := a.squares(kernel.BF16), a.rows(), a.scale()
	parts, grads := e.buffer(slotHeads, kernel.BF16, 3*n), e.buffer(slotDHeads, kernel.BF16, 3*n)
	ds := e.buffer(slotDScores, kernel.BF16, a.squaresLen()).Data
	flat := a.flat(kernel.BF16)
	for b := 0; b < qkv.Shape[0]; b += a.images {
		p := at(probs, b*heads*a.tokens*a.tokens)
		if probs.Type != kernel.BF16 {
			converted := e.buffer(slotProbs, kernel.BF16, a.squaresLen()).Data
			e.reorder(flat, converted, a.flat(probs.Type), p)
			p = converted
		}
		do := at(dout, b*a.tokens*dout.Shape[2])
		e.reorder(a.unpacked(), parts.Data, a.packed(), at(qkv, b*a.tokens*qkv.Shape[2]))
		e.multiply(1, row, at(grads, 2*n), square.transposed(), p, a.merged(), do)
		e.multiply(1, square, ds, a.merged(), do, row.transposed(), at(parts, 2*n))
		s := spec{kind: softmaxGrad}
		s.operands[0], s.operands[1], s.operands[2] = flat, flat, flat
		e.run(&s, p, ds, ds)
		e.multiply(scale, row, grads.Data, square, ds, row, at(parts, n))
		e.multiply(scale, row, at(grads, n), square.transposed(), ds, row, parts.Data)
		e.reorder(a.packed(), at(dqkv, b*a.tokens*dqkv.Shape[2]), a.unpacked(), grads.Data)
	}
}

func (e *Engine) reorder(od operand, dst unsafe.Pointer, os operand, src unsafe.Pointer) {
	s := spec{kind: reorder}
	s.operands[0], s.operands[1] = os, od
	e.run(&s, src, dst)
}
