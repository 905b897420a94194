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

// normal allocates a tensor of normal numbers.
func normal(e kernel.Engine, r *rand.Rand, t kernel.DType, shape ...int) kernel.Tensor {
	x := e.New(t, shape...)
	for i := range x.Len() {
		v := float32(r.NormFloat64())
		if t == kernel.BF16 {
			kernel.Slice[kernel.Bits16](x)[i] = kernel.Bits16(bits(v))
		} else {
			kernel.Slice[float32](x)[i] = v
		}
	}
	return x
}

func BenchmarkMatMul(b *testing.B) {
	e := open(b)
	r := rand.New(rand.NewPCG(1, 2))
	const R, K, N = 1088, 768, 3072
	for _, t := range []kernel.DType{kernel.F32, kernel.BF16} {
		x, w, y := normal(e, r, t, R, K), normal(e, r, t, N, K), normal(e, r, t, R, N)
		dw, db := normal(e, r, kernel.F32, N, K), normal(e, r, kernel.F32, N)
		wide := normal(e, r, kernel.F32, R, K)
		hidden := normal(e, r, t, R, N)
		w2 := normal(e, r, t, K, N)
		bias := normal(e, r, kernel.F32, N)
		for _, c := range []struct {
			name string
			run  func()
		}{
			{"Linear", func() { e.Linear(y, x, w, kernel.Epilogue{}) }},
			{"LinearBias", func() { e.Linear(y, x, w, kernel.Epilogue{Bias: bias}) }},
			{"LinearGELU", func() { e.Linear(y, x, w, kernel.Epilogue{Bias: bias, GELU: true}) }},
			{"LinearGELUPre", func() { e.Linear(y, x, w, kernel.Epilogue{Bias: bias, GELU: true, Pre: hidden}) }},
			{"LinearBack", func() { e.Linear(wide, y, w2, kernel.Epilogue{}) }},
			{"LinearResidual", func() { e.Linear(wide, y, w2, kernel.Epilogue{Residual: dwide(e, r, wide)}) }},
			{"LinearSum", func() { e.Linear(wide, y, w2, kernel.Epilogue{Residual: wide}) }},
			{"GradInput", func() { e.LinearGradInput(x, y, w) }},
			{"GradInputF32", func() { e.LinearGradInput(wide, y, w) }},
			{"GradWeight", func() { e.LinearGradWeight(dw, kernel.Tensor{}, y, x) }},
			{"GradWeightBias", func() { e.LinearGradWeight(dw, db, y, x) }},
		} {
			b.Run(fmt.Sprintf("%s/%s", c.name, t), func(b *testing.B) { timed(b, e, 2*R*K*N, c.run) })
		}
	}
}

var spare = map[*Engine]kernel.Tensor{}

func dwide(e *Engine, r *rand.Rand, like kernel.Tensor) kernel.Tensor {
	if t, ok := spare[e]; ok {
		return t
	}
	spare[e] = normal(e, r, kernel.F32, like.Shape...)
	return spare[e]
}

func bits(v float32) uint16 { return uint16(math.Float32bits(v) >> 16) }

func BenchmarkAttention(b *testing.B) {
	e := open(b)
	r := rand.New(rand.NewPCG(1, 2))
	const B, D, H = 64, 768, 12
	for _, T := range []int{17, 65} {
		for _, t := range []kernel.DType{kernel.F32, kernel.BF16} {
			qkv, out, probs := normal(e, r, t, B, T, 3*D), normal(e, r, t, B, T, D), e.New(t, B, H, T, T)
			dqkv := normal(e, r, t, B, T, 3*D)
			for _, c := range []struct {
				name  string
				flops int
				run   func()
			}{
				{"Forward", 4 * B * T * T * D, func() { e.Attention(out, probs, qkv, H) }},
				{"Backward", 8 * B * T * T * D, func() { e.AttentionGrad(dqkv, qkv, probs, out, H) }},
			} {
				b.Run(fmt.Sprintf("%s/%d/%s", c.name, T, t), func(b *testing.B) { timed(b, e, c.flops, c.run) })
			}
		}
	}
}

// timed also reports the best single run, which other work on the machine disturbs least.
func timed(b *testing.B, e *Engine, flops int, run func()) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	run()
	best := time.Duration(math.MaxInt64)
	for b.Loop() {
		start := time.Now()
		run()
		best = min(best, time.Since(start))
	}
	b.ReportMetric(float64(best.Microseconds())/1e3, "best-ms")
	if flops > 0 {
		b.ReportMetric(float64(flops)/best.Seconds()/1e9, "GFLOP/s")
	}
}
