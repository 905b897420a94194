package portable

import (
	"fmt"
	"testing"

	"gonum.org/v1/gonum/blas"
	"gonum.org/v1/gonum/blas/blas32"

	"cmae/internal/kernel"
	"cmae/internal/kernel/kerneltest"
	"cmae/internal/rng"
)

// layerSizes are R, N, K of a ViT-B and a ViT-tiny layer.
var layerSizes = [][3]int{{1088, 3072, 768}, {1088, 768, 192}}

func random(e *Engine, t kernel.DType, shape ...int) kernel.Tensor {
	x := e.New(t, shape...)
	draw, values := rng.For(3, rng.Synthetic).NormFloat64, make([]float64, x.Len())
	for i := range values {
		values[i] = draw()
	}
	kerneltest.Fill(e, x, values)
	return x
}

// perSecond reports a rate in units of 1e9.
func perSecond(b *testing.B, count float64, unit string) {
	b.ReportMetric(count*float64(b.N)/b.Elapsed().Seconds()/1e9, unit)
}

func BenchmarkLinear(b *testing.B) {
	for _, z := range layerSizes {
		r, n, k := z[0], z[1], z[2]
		flops := 2 * float64(r*n*k)
		e := New(0)
		y, x, w := e.New(kernel.F32, r, n), random(e, kernel.F32, r, k), random(e, kernel.F32, n, k)
		name := fmt.Sprintf("%dx%dx%d", r, k, n)
		for _, v := range []struct {
			name string
			run  func()
		}{
			{"forward", func() { e.Linear(y, x, w, kernel.Epilogue{}) }},
			{"gelu", func() { e.Linear(y, x, w, kernel.Epilogue{GELU: true}) }},
			{"input", func() { e.LinearGradInput(x, y, w) }},
			{"weight", func() { e.LinearGradWeight(w, kernel.Tensor{}, y, x) }},
			{"gonum", func() {
				blas32.Gemm(blas.NoTrans, blas.Trans, 1, general(x), general(w), 0, general(y))
			}},
		} {
			b.Run(name+"/"+v.name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					v.run()
				}
				perSecond(b, flops, "GFLOP/s")
			})
		}
	}
}

func general(t kernel.Tensor) blas32.General {
	return blas32.General{
		Rows: t.Rows(), Cols: t.Cols(), Stride: t.Cols(), Data: kernel.Slice[float32](t),
	}
}

func BenchmarkAttention(b *testing.B) {
	e := New(0)
	const images, tokens, width, heads = 16, 65, 768, 12
	qkv := random(e, kernel.F32, images, tokens, 3*width)
	out, dqkv := e.New(kernel.F32, images, tokens, width), e.New(kernel.F32, qkv.Shape...)
	probs := e.New(kernel.F32, images, heads, tokens, tokens)
	b.Run("forward", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			e.Attention(out, probs, qkv, heads)
		}
		perSecond(b, 4*images*tokens*tokens*width, "GFLOP/s")
	})
	b.Run("gradient", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			e.AttentionGrad(dqkv, qkv, probs, out, heads)
		}
		perSecond(b, 8*images*tokens*tokens*width, "GFLOP/s")
	})
}

func BenchmarkRows(b *testing.B) {
	e := New(0)
	const rows, cols = 1088, 768
	x, dy := random(e, kernel.F32, rows, cols), random(e, kernel.F32, rows, cols)
	y := e.New(kernel.F32, rows, cols)
	gamma, beta := random(e, kernel.F32, cols), random(e, kernel.F32, cols)
	mean, rstd := e.New(kernel.F32, rows), e.New(kernel.F32, rows)
	e.LayerNorm(y, mean, rstd, x, gamma, beta, 1e-6)
	for _, v := range []struct {
		name string
		run  func()
	}{
		{"layernorm", func() { e.LayerNorm(y, mean, rstd, x, gamma, beta, 1e-6) }},
		{
			"layernorm-gradient",
			func() { e.LayerNormGrad(y, gamma, beta, x, gamma, mean, rstd, dy) },
		},
		{"gelu", func() { e.GELU(y, x) }},
		{"gelu-gradient", func() { e.GELUGrad(y, x, dy) }},
		{"add", func() { e.Add(y, x, dy) }},
	} {
		b.Run(v.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				v.run()
			}
			perSecond(b, rows*cols, "Gelem/s")
		})
	}
}

// BenchmarkUpdate is AdamW with all that follows a parameter, in one pass and apart, and SGD.
func BenchmarkUpdate(b *testing.B) {
	e := New(0)
	const n = 16 << 20
	p, g, m := random(e, kernel.F32, n), random(e, kernel.F32, n), e.New(kernel.F32, n)
	v, f := e.New(kernel.F32, n), random(e, kernel.F32, n)
	small, smallF := e.New(kernel.BF16, n), e.New(kernel.BF16, n)
	norm := e.New(kernel.F64)
	now := kernel.Scheduled{LR: 1e-4, Step: 1, GradScale: 1, EMADecay: 0.99}
	h := kernel.AdamW{Beta1: 0.9, Beta2: 0.95, Eps: 1e-8, WeightDecay: 0.05, Scheduled: now}
	fused := h
	fused.FusedOutputs = kernel.FusedOutputs{EMA: f, Copy: small, EMACopy: smallF}
	for _, c := range []struct {
		name string
		run  func()
	}{
		{"adamw", func() { e.AdamW(p, g, m, v, h) }},
		{"fused", func() { e.AdamW(p, g, m, v, fused) }},
		{"apart", func() {
			e.AdamW(p, g, m, v, h)
			e.EMA(f, p, 0.99)
			e.Cast(small, p)
			e.Cast(smallF, f)
		}},
		{
			"sgd",
			func() {
				e.SGD(p, g, m, kernel.SGD{Momentum: 0.9, WeightDecay: 1e-4, Scheduled: now})
			},
		},
		{"norm", func() { e.Norm(norm, []kernel.Tensor{g}) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c.run()
			}
			perSecond(b, n, "Gelem/s")
		})
	}
}
