package portable

import (
	"fmt"
	"math"
	"testing"
	"time"

	"cmae/internal/kernel"
)

// BenchmarkConvolution is a decoder's block, plain and depthwise, and layers of the first and last
// stage of a ResNet on 32 pixels.
func BenchmarkConvolution(b *testing.B) {
	e := New(0)
	for _, z := range []struct{ images, side, channels, depth, stride int }{
		{64, 8, 64, 64, 1}, {64, 8, 64, 1, 1}, {16, 32, 64, 64, 1}, {16, 32, 64, 64, 2},
		{16, 4, 512, 512, 1},
	} {
		g := kernel.Window{H: z.side, W: z.side, Side: 3, Stride: z.stride, Pad: 1}
		down, across := g.Out()
		x := random(e, kernel.F32, z.images, z.side*z.side, z.channels)
		w := random(e, kernel.F32, z.channels, z.depth, 3, 3)
		dx, dw := e.New(kernel.F32, x.Shape...), e.New(kernel.F32, w.Shape...)
		y := random(e, kernel.F32, z.images, down*across, z.channels)
		for _, v := range []struct {
			name string
			run  func()
		}{
			{"forward", func() { e.Conv2D(y, x, w, none, g) }},
			{"input", func() { e.Conv2DGradInput(dx, y, w, g) }},
			{"weight", func() { e.Conv2DGradWeight(dw, none, y, x, g) }},
		} {
			name := fmt.Sprintf(
				"%dx%dx%dx%d/%d/%d/%s", z.images, z.side, z.side, z.channels, z.depth, z.stride,
				v.name,
			)
			b.Run(name, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					v.run()
				}
				perSecond(b, float64(2*y.Len()*z.depth*9), "GFLOP/s")
			})
		}
	}
}

// BenchmarkBatchNorm is the first BatchNorms of a ResNet-18 and a ResNet-50, ReLU included.
func BenchmarkBatchNorm(b *testing.B) {
	e := New(0)
	defer e.Close()
	for _, z := range [][2]int{{128 * 32 * 32, 64}, {64 * 16 * 16, 256}} {
		r, c := z[0], z[1]
		x, dy := random(e, kernel.F32, r, c), random(e, kernel.F32, r, c)
		y, dx := e.New(kernel.F32, r, c), e.New(kernel.F32, r, c)
		mean, istd := e.New(kernel.F32, 1, c), e.New(kernel.F32, 1, c)
		gamma, beta := e.New(kernel.F32, c), e.New(kernel.F32, c)
		b.Run(fmt.Sprintf("%dx%d", r, c), func(b *testing.B) {
			forward, backward := time.Duration(math.MaxInt64), time.Duration(math.MaxInt64)
			for b.Loop() {
				start := time.Now()
				e.BatchNorm(y, mean, istd, x, gamma, beta, 1e-5, 1, kernel.Finish{ReLU: true})
				forward = min(forward, time.Since(start))
				start = time.Now()
				e.BatchNormGrad(dx, gamma, beta, x, gamma, mean, istd, dy, y, 1)
				backward = min(backward, time.Since(start))
			}
			b.ReportMetric(forward.Seconds()*1e3, "forward-ms")
			b.ReportMetric(backward.Seconds()*1e3, "backward-ms")
		})
	}
}
