package onednn

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"cmae/internal/kernel"
)

const f32 = kernel.F32

// BenchmarkLinear puts the epilogues and gradients of an MLP's first layer beside the bare matmul,
// which is their floor.
func BenchmarkLinear(b *testing.B) {
	e := open(b)
	r := rand.New(rand.NewPCG(1, 2))
	const R, K, N = 1088, 768, 3072
	for _, t := range []kernel.DType{f32, kernel.BF16} {
		x, w, y := normal(e, r, t, R, K), normal(e, r, t, N, K), normal(e, r, t, R, N)
		pre := e.New(t, R, N)
		back, res, bias := normal(e, r, t, K, N), normal(e, r, f32, R, K), normal(e, r, f32, N)
		out, dx := e.New(f32, R, K), e.New(t, R, K)
		dw, db := e.New(f32, N, K), e.New(f32, N)
		for _, c := range []struct {
			name string
			run  func()
		}{
			{"Bare", func() { e.Linear(y, x, w, kernel.Epilogue{}) }},
			{"Bias", func() { e.Linear(y, x, w, kernel.Epilogue{Bias: bias}) }},
			{"GELU", func() { e.Linear(y, x, w, kernel.Epilogue{Bias: bias, GELU: true}) }},
			{
				"GELUPre",
				func() { e.Linear(y, x, w, kernel.Epilogue{Bias: bias, GELU: true, Pre: pre}) },
			},
			{"BareBack", func() { e.Linear(out, y, back, kernel.Epilogue{}) }},
			{"Residual", func() { e.Linear(out, y, back, kernel.Epilogue{Residual: res}) }},
			{"ResidualInPlace", func() { e.Linear(out, y, back, kernel.Epilogue{Residual: out}) }},
			{"GradInput", func() { e.LinearGradInput(dx, y, w) }},
			{"GradWeight", func() { e.LinearGradWeight(dw, kernel.Tensor{}, y, x) }},
			{"GradWeightBias", func() { e.LinearGradWeight(dw, db, y, x) }},
		} {
			b.Run(fmt.Sprintf("%s/%s", c.name, t), func(b *testing.B) { timed(b, 2*R*K*N, c.run) })
		}
	}
}

// BenchmarkProducts runs the three products of linear layers of MAE tiny, base and micro, for one
// replica of a batch of 64 (128 for micro), in oneDNN and in Go.
func BenchmarkProducts(b *testing.B) {
	e := open(b)
	r := rand.New(rand.NewPCG(1, 2))
	for _, s := range [][3]int{
		{544, 192, 576}, {544, 192, 768}, {544, 768, 192}, {2080, 128, 384}, {2080, 512, 128},
		{1088, 96, 288}, {1088, 96, 384}, {4160, 64, 256}, {544, 768, 2304}, {544, 3072, 768},
	} {
		R, K, N := s[0], s[1], s[2]
		x, w := normal(e, r, f32, R, K), normal(e, r, f32, N, K)
		y, dx, dw := normal(e, r, f32, R, N), e.New(f32, R, K), e.New(f32, N, K)
		for _, by := range []kernel.Engine{e, e.Engine} {
			for _, c := range []struct {
				name string
				run  func()
			}{
				{"Linear", func() { by.Linear(y, x, w, kernel.Epilogue{}) }},
				{"GradInput", func() { by.LinearGradInput(dx, y, w) }},
				{"GradWeight", func() { by.LinearGradWeight(dw, kernel.Tensor{}, y, x) }},
			} {
				name := fmt.Sprintf("%dx%dx%d/%s/%s", R, K, N, c.name, by.Name())
				b.Run(name, func(b *testing.B) { timed(b, 2*float64(R*K*N), c.run) })
			}
		}
	}
}

func BenchmarkAttention(b *testing.B) {
	e := open(b)
	r := rand.New(rand.NewPCG(1, 2))
	for _, size := range []struct{ B, T, D, H int }{
		{64, 17, 768, 12}, {64, 65, 768, 12}, {128, 65, 64, 2}, {128, 17, 96, 3},
	} {
		B, T, D, H := size.B, size.T, size.D, size.H
		for _, t := range []kernel.DType{f32, kernel.BF16} {
			qkv, out := normal(e, r, t, B, T, 3*D), normal(e, r, t, B, T, D)
			probs := e.New(t, B, H, T, T)
			dqkv := e.New(t, B, T, 3*D)
			matmul := 2 * float64(B*T*T*D)
			b.Run(fmt.Sprintf("Forward/%dx%d/%s", T, D, t), func(b *testing.B) {
				timed(b, 2*matmul, func() { e.Attention(out, probs, qkv, H) })
			})
			b.Run(fmt.Sprintf("Backward/%dx%d/%s", T, D, t), func(b *testing.B) {
				timed(b, 4*matmul, func() { e.AttentionGrad(dqkv, qkv, probs, out, H) })
			})
		}
	}
}

// BenchmarkPasses compares what mostly moves memory, in Go and in oneDNN.
func BenchmarkPasses(b *testing.B) {
	fast := open(b)
	r := rand.New(rand.NewPCG(1, 2))
	const R, C = 1088, 768
	for _, t := range []kernel.DType{f32, kernel.BF16} {
		h, dh := normal(fast, r, t, R, 4*C), normal(fast, r, t, R, 4*C)
		y := normal(fast, r, t, R, 4*C)
		x, dx := normal(fast, r, f32, R, C), normal(fast, r, f32, R, C)
		res := normal(fast, r, f32, R, C)
		n := normal(fast, r, t, R, C)
		for _, e := range []kernel.Engine{fast.Engine, fast} {
			for _, c := range []struct {
				name string
				run  func()
			}{
				{"GELU", func() { e.GELU(y, h) }},
				{"GELUGrad", func() { e.GELUGrad(dh, h, y) }},
				{"Add", func() { e.Add(dx, x, res) }},
				{"Cast", func() { e.Cast(n, x) }},
				{"Copy", func() { e.Copy(dx, x) }},
			} {
				b.Run(
					fmt.Sprintf("%s/%s/%s", c.name, t, e.Name()),
					func(b *testing.B) { timed(b, 0, c.run) },
				)
			}
		}
	}
}

// BenchmarkHandOver alternates the library's threads with Go's, as a training step does: an idle
// team that spins slows the second, one that sleeps is slow to start. Run it under several values
// of GOMP_SPINCOUNT.
func BenchmarkHandOver(b *testing.B) {
	e := open(b)
	r := rand.New(rand.NewPCG(1, 2))
	x, y := normal(e, r, f32, 1088, 768), normal(e, r, f32, 1088, 768)
	w := normal(e, r, f32, 768, 768)
	qkv, out := normal(e, r, f32, 64, 17, 3*192), normal(e, r, f32, 64, 17, 192)
	b.Run(
		"library",
		func(b *testing.B) { timed(b, 0, func() { e.Attention(out, kernel.Tensor{}, qkv, 3) }) },
	)
	b.Run("library+go", func(b *testing.B) {
		timed(b, 0, func() {
			e.Linear(y, x, w, kernel.Epilogue{})
			e.Add(y, y, x)
		})
	})
}

// timed also reports the best single run, which other work on the machine disturbs least, and the
// rate of that run.
func timed(b *testing.B, flops float64, run func()) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	run()
	best := time.Duration(math.MaxInt64)
	for b.Loop() {
		start := time.Now()
		run()
		best = min(best, time.Since(start))
	}
	b.ReportMetric(best.Seconds()*1e3, "best-ms")
	if flops > 0 {
		b.ReportMetric(flops/best.Seconds()/1e9, "GFLOP/s")
	}
}

// normal allocates a tensor of normal numbers.
func normal(e kernel.Engine, r *rand.Rand, t kernel.DType, shape ...int) kernel.Tensor {
	x := e.New(f32, shape...)
	for i := range kernel.Slice[float32](x) {
		kernel.Slice[float32](x)[i] = float32(r.NormFloat64())
	}
	if t == f32 {
		return x
	}
	defer e.Free(x)
	y := e.New(t, shape...)
	e.Cast(y, x)
	return y
}
