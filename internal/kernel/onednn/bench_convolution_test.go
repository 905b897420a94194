package onednn

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"
	"unsafe"

	"cmae/internal/kernel"
)

// BenchmarkConvolution puts the ways to compute a convolution beside each other, in turn: directly
// with channels last, directly in the layouts that the library likes best, by Winograd's algorithm,
// and as a matmul. Each line is forward, dx and dw, best of the runs.
func BenchmarkConvolution(b *testing.B) {
	e := open(b)
	r := rand.New(rand.NewPCG(1, 2))
	for _, c := range []convolution{
		{
			Window: kernel.Window{H: 32, W: 32, Side: 3, Stride: 1, Pad: 1}, images: 128, in: 3,
			out: 64,
		},
		{
			Window: kernel.Window{H: 32, W: 32, Side: 3, Stride: 1, Pad: 1}, images: 128, in: 64,
			out: 64,
		},
		{
			Window: kernel.Window{H: 16, W: 16, Side: 3, Stride: 1, Pad: 1}, images: 128, in: 128,
			out: 128,
		},
		{
			Window: kernel.Window{H: 16, W: 16, Side: 3, Stride: 2, Pad: 1}, images: 128, in: 128,
			out: 256,
		},
		{Window: kernel.Window{H: 16, W: 16, Side: 1, Stride: 2}, images: 128, in: 128, out: 256},
		{
			Window: kernel.Window{H: 4, W: 4, Side: 3, Stride: 1, Pad: 1}, images: 128, in: 512,
			out: 512,
		},
		{
			Window: kernel.Window{H: 64, W: 64, Side: 7, Stride: 2, Pad: 3}, images: 64, in: 3,
			out: 64,
		},
		{
			Window: kernel.Window{H: 16, W: 16, Side: 3, Stride: 1, Pad: 1}, images: 64, in: 64,
			out: 64,
		},
		{
			Window: kernel.Window{H: 8, W: 8, Side: 3, Stride: 1, Pad: 1}, images: 64, in: 128,
			out: 128,
		},
		{
			Window: kernel.Window{H: 4, W: 4, Side: 3, Stride: 1, Pad: 1}, images: 64, in: 256,
			out: 256,
		},
		{
			Window: kernel.Window{H: 2, W: 2, Side: 3, Stride: 1, Pad: 1}, images: 64, in: 512,
			out: 512,
		},
		{Window: kernel.Window{H: 16, W: 16, Side: 1, Stride: 1}, images: 64, in: 256, out: 64},
		{Window: kernel.Window{H: 16, W: 16, Side: 1, Stride: 1}, images: 64, in: 64, out: 256},
		{Window: kernel.Window{H: 4, W: 4, Side: 1, Stride: 1}, images: 64, in: 256, out: 1024},
	} {
		down, across := c.Out()
		x, y := normal(e, r, kernel.F32, c.images, c.H*c.W, c.in), normal(
			e, r, kernel.F32, c.images, down*across, c.out,
		)
		w := normal(e, r, kernel.F32, c.out, c.in, c.Side, c.Side)
		flops := 2 * float64(y.Len()*c.in*c.Side*c.Side)
		name := fmt.Sprintf(
			"%dx%dx%dx%d-%d/%dx%d/%d", c.images, c.H, c.W, c.in, c.out, c.Side, c.Side, c.Stride,
		)
		b.Run(name, func(b *testing.B) {
			runtime.LockOSThread() // a goroutine of its own, whose thread has no team yet
			defer runtime.UnlockOSThread()
			e.setThreads()
			ways(b, e, c, x, w, y, flops)
		})
		for _, t := range []kernel.Tensor{x, w, y} {
			e.Free(t)
		}
	}
}

func ways(b *testing.B, e *Engine, c convolution, x, w, y kernel.Tensor, flops float64) {
	names := []string{"nhwc", "free", "winograd", "matmul"}
	var best [4][3]float64
	for b.Loop() {
		for way := range names {
			for pass, run := range passes(e, c, way, x, w, y) {
				if run == nil {
					best[way][pass] = math.NaN()
					continue
				}
				start := time.Now()
				run()
				best[way][pass] = max(best[way][pass], flops/time.Since(start).Seconds()/1e9)
			}
		}
	}
	for way, name := range names {
		if best[way][0] == best[way][0] {
			b.Logf(
				"%-9s GFLOP/s: %4.0f %4.0f %4.0f", name, best[way][0], best[way][1], best[way][2],
			)
		}
	}
}

// passes are forward, dx and dw.
func passes(e *Engine, c convolution, way int, x, w, y kernel.Tensor) (list [3]func()) {
	if way == 3 {
		if c.pixelwise() {
			w := w.View(c.out, c.in)
			list = [3]func(){func() {
				e.Linear(flat(y), flat(x), w, kernel.Epilogue{})
			}, func() { e.LinearGradInput(flat(x), flat(y), w) },
				func() { e.LinearGradWeight(w, kernel.Tensor{}, flat(y), flat(x)) }}
		}
		return list
	}
	src, filters, dst := c.source(kernel.F32), c.filters(kernel.F32), c.result(kernel.F32)
	src.free, dst.free = way > 0, way > 0
	alg := direct
	if way == 2 {
		alg = winograd
	}
	for i, s := range []spec{
		{kind: conv, operands: [maxOperands]operand{src, filters, dst}},
		{kind: convGradInput, operands: [maxOperands]operand{dst, filters, src}},
		{kind: convGradWeight, operands: [maxOperands]operand{src, dst, filters}},
	} {
		s.window, s.alg = c.Window, alg
		data := [][]unsafe.Pointer{
			{x.Data, w.Data, y.Data}, {y.Data, w.Data, x.Data}, {x.Data, y.Data, w.Data},
		}[i]
		if e.can(&s) {
			list[i] = func() { e.run(&s, data...) }
		}
	}
	return list
}
