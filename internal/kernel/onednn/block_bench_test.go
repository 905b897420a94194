package onednn

import (
	"math/rand/v2"
	"testing"

	"cmae/internal/kernel"
)

// BenchmarkBlock runs a transformer block of ViT-B on 64 images of 17 tokens forward and backward,
// and its Linear layers alone, bare: the ratio of the two is what the rest of the block costs.
func BenchmarkBlock(b *testing.B) {
	e := open(b)
	for _, t := range []kernel.DType{kernel.F32, kernel.BF16} {
		k := newBlock(e, t, 64, 17, 768, 12)
		flops := 6 * float64(k.x.Rows()) * 12 * 768 * 768
		b.Run(
			"whole/"+t.String(),
			func(b *testing.B) { timed(b, flops, func() { k.forward(); k.backward() }) },
		)
		b.Run("linear/"+t.String(), func(b *testing.B) { timed(b, flops, k.floor) })
	}
}

type block struct {
	*Engine
	heads                                    int
	x, mid, y, dx, dmid, dy                  kernel.Tensor // residual stream
	norm, qkv, probs, mixed, pre, hidden     kernel.Tensor
	dnorm, dqkv, dmixed, dpre, dhidden, dout kernel.Tensor
	wqkv, wproj, w1, w2                      kernel.Tensor
	dwqkv, dwproj, dw1, dw2                  kernel.Tensor
	gamma, beta, mean, rstd, wideBias        kernel.Tensor
	dgamma, dbeta, dbias                     kernel.Tensor
}

func newBlock(e *Engine, t kernel.DType, images, tokens, d, heads int) *block {
	r := rand.New(rand.NewPCG(1, 2))
	rows, full := images*tokens, kernel.F32
	in := func(t kernel.DType, shape ...int) kernel.Tensor { return normal(e, r, t, shape...) }
	return &block{Engine: e, heads: heads,
		x: in(full, rows, d), mid: in(full, rows, d), y: in(full, rows, d),
		dx: in(full, rows, d), dmid: in(full, rows, d), dy: in(full, rows, d),
		norm: in(t, rows, d), qkv: in(t, images, tokens, 3*d),
		probs: in(t, images, heads, tokens, tokens),
		mixed: in(t, images, tokens, d), pre: in(t, rows, 4*d), hidden: in(t, rows, 4*d),
		dnorm: in(t, rows, d), dqkv: in(t, images, tokens, 3*d), dmixed: in(t, images, tokens, d),
		dpre: in(t, rows, 4*d), dhidden: in(t, rows, 4*d), dout: in(t, rows, d),
		wqkv: in(t, 3*d, d), wproj: in(t, d, d), w1: in(t, 4*d, d), w2: in(t, d, 4*d),
		dwqkv: in(full, 3*d, d), dwproj: in(full, d, d),
		dw1: in(full, 4*d, d), dw2: in(full, d, 4*d),
		gamma: in(full, d), beta: in(full, d), mean: in(full, rows), rstd: in(full, rows),
		wideBias: in(full, 4*d),
		dgamma:   in(full, d), dbeta: in(full, d), dbias: in(full, 4*d)}
}

func first(t kernel.Tensor, n int) kernel.Tensor {
	return kernel.Tensor{Data: t.Data, Type: t.Type, Shape: []int{n}}
}

func (k *block) forward() {
	d := k.x.Cols()
	k.LayerNorm(k.norm, k.mean, k.rstd, k.x, k.gamma, k.beta, 1e-6)
	k.Linear(k.qkv, k.norm, k.wqkv, kernel.Epilogue{Bias: first(k.wideBias, 3*d)})
	k.Attention(k.mixed, k.probs, k.qkv, k.heads)
	k.Linear(k.mid, k.mixed, k.wproj, kernel.Epilogue{Bias: k.beta, Residual: k.x})
	k.LayerNorm(k.norm, k.mean, k.rstd, k.mid, k.gamma, k.beta, 1e-6)
	k.Linear(k.hidden, k.norm, k.w1, kernel.Epilogue{Bias: k.wideBias, Pre: k.pre, GELU: true})
	k.Linear(k.y, k.hidden, k.w2, kernel.Epilogue{Bias: k.beta, Residual: k.mid})
}

func (k *block) backward() {
	d := k.x.Cols()
	k.Cast(k.dout, k.dy)
	k.LinearGradWeight(k.dw2, k.dbeta, k.dout, k.hidden)
	k.LinearGradInput(k.dhidden, k.dout, k.w2)
	k.GELUGrad(k.dpre, k.pre, k.dhidden)
	k.LinearGradWeight(k.dw1, k.dbias, k.dpre, k.norm)
	k.LinearGradInput(k.dnorm, k.dpre, k.w1)
	k.LayerNormGrad(k.dmid, k.dgamma, k.dbeta, k.mid, k.gamma, k.mean, k.rstd, k.dnorm)
	k.Add(k.dmid, k.dmid, k.dy)
	k.Cast(k.dout, k.dmid)
	k.LinearGradWeight(k.dwproj, k.dbeta, k.dout, k.mixed)
	k.LinearGradInput(k.dmixed, k.dout, k.wproj)
	k.AttentionGrad(k.dqkv, k.qkv, k.probs, k.dmixed, k.heads)
	k.LinearGradWeight(k.dwqkv, first(k.dbias, 3*d), k.dqkv, k.norm)
	k.LinearGradInput(k.dnorm, k.dqkv, k.wqkv)
	k.LayerNormGrad(k.dx, k.dgamma, k.dbeta, k.x, k.gamma, k.mean, k.rstd, k.dnorm)
	k.Add(k.dx, k.dx, k.dmid)
}

// floor is the twelve matmuls of the Linear layers.
func (k *block) floor() {
	for _, l := range []struct{ y, x, w, dw kernel.Tensor }{
		{k.qkv, k.norm, k.wqkv, k.dwqkv}, {
			k.dout, k.mixed, k.wproj, k.dwproj,
		}, {k.hidden, k.norm, k.w1, k.dw1}, {k.dout, k.hidden, k.w2, k.dw2},
	} {
		k.Linear(l.y, l.x, l.w, kernel.Epilogue{})
		k.LinearGradInput(l.x, l.y, l.w)
		k.LinearGradWeight(l.dw, kernel.Tensor{}, l.y, l.x)
	}
}
