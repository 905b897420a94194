package xla

import (
	"math"

	"cmae/internal/kernel"
)

// heads is part i of three of qkv[B,T,3D], as [B,H,T,D/H].
func (b *builder) heads(qkv value, i, heads int) value {
	images, t, d := qkv.shape[0], qkv.shape[1], qkv.shape[2]/3
	part := b.slice(qkv, 2, i*d, (i+1)*d)
	return b.transpose(b.reshape(part, images, t, heads, d/heads), 0, 2, 1, 3)
}

// joined is [B,H,T,D/H] as [B,T,D].
func (b *builder) joined(x value) value {
	return b.reshape(
		b.transpose(x, 0, 2, 1, 3), x.shape[0], x.shape[2], x.shape[1]*x.shape[3],
	)
}

// probabilities are softmax(q k^T / sqrt(D/H)), [B,H,T,T].
func (b *builder) probabilities(q, k value, t kernel.DType) value {
	scores := b.times(b.dot(q, k, 2, 3, 3, t), 1/math.Sqrt(float64(q.shape[3])))
	e, sum := b.exponentials(scores)
	return b.div(e, b.perRow(sum, e.shape))
}

func (b *builder) attention(out, probs, qkv tensor, heads int) {
	x := b.get(qkv)
	q, k, v := b.heads(x, 0, heads), b.heads(x, 1, heads), b.heads(x, 2, heads)
	p := b.probabilities(q, k, wide(qkv.Type))
	if !probs.Absent() {
		b.put(probs, p)
	}
	b.put(out, b.joined(b.dot(b.convert(p, qkv.Type), v, 2, 3, 2, wide(qkv.Type))))
}

// attentionGrad computes the probabilities again: [B,H,T,T] then is not kept from the forward pass
// to the backward one, unless somebody else reads it. The barrier hides from the compiler that it
// could share them after all.
func (b *builder) attentionGrad(dqkv, qkv, dout tensor, heads int) {
	x, small := b.one("optimization_barrier", b.get(qkv)), qkv.Type
	f := wide(small)
	q, k, v := b.heads(x, 0, heads), b.heads(x, 1, heads), b.heads(x, 2, heads)
	images, t, d := dout.Shape[0], dout.Shape[1], dout.Shape[2]
	do := b.transpose(
		b.reshape(b.convert(b.get(dout), small), images, t, heads, d/heads), 0, 2, 1, 3,
	)
	p := b.probabilities(q, k, f)
	dv := b.dot(b.convert(p, small), do, 2, 2, 2, f)
	dp := b.dot(do, v, 2, 3, 3, f)
	along := b.perRow(b.sum(b.mul(dp, p), 3), p.shape)
	ds := b.times(b.mul(p, b.sub(dp, along)), 1/math.Sqrt(float64(d/heads)))
	ds = b.convert(ds, small)
	dq, dk := b.dot(ds, k, 2, 3, 2, f), b.dot(ds, q, 2, 2, 2, f)
	b.put(dqkv, b.concat(2, b.joined(dq), b.joined(dk), b.joined(dv)))
}
