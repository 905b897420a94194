package onednn

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"unsafe"

	"cmae/internal/kernel"
	"cmae/internal/kernel/portable"
)

// Winograd's algorithm, whole and on two images at a time, is the definition to 1e-5 of the
// largest: it rounds ten times as coarsely as a direct sum (3e-6 of the largest at 512 channels).
func TestWinograd(t *testing.T) {
	e := open(t)
	reference := portable.New(2)
	r := rand.New(rand.NewPCG(1, 2))
	g := kernel.Window{H: 6, W: 5, Side: 3, Stride: 1, Pad: 1}
	const images, in, out, pixels = 6, 64, 80, 30
	x, y := normal(e, r, f32, images, pixels, in), normal(e, r, f32, images, pixels, out)
	w := normal(e, r, f32, out, in, 3, 3)
	c := newConvolution(x, w, g)
	src, filters, dst := c.source(kernel.F32), c.filters(kernel.F32), c.result(kernel.F32)
	for _, v := range []struct {
		kind     kind
		operands [maxOperands]operand
		data     [3]kernel.Tensor
		define   func(to kernel.Tensor)
	}{
		{conv, [maxOperands]operand{src, filters, dst}, [3]kernel.Tensor{x, w, y},
			func(to kernel.Tensor) { reference.Conv2D(to, x, w, kernel.Tensor{}, g) }},
		{convGradInput, [maxOperands]operand{dst, filters, src}, [3]kernel.Tensor{y, w, x},
			func(to kernel.Tensor) { reference.Conv2DGradInput(to, y, w, g) }},
		{convGradWeight, [maxOperands]operand{src, dst, filters}, [3]kernel.Tensor{x, y, w},
			func(to kernel.Tensor) { reference.Conv2DGradWeight(to, kernel.Tensor{}, y, x, g) }},
	} {
		want, got := e.New(kernel.F32, v.data[2].Shape...), e.New(kernel.F32, v.data[2].Shape...)
		v.define(want)
		for _, together := range []int{images, 2} {
			s := spec{kind: v.kind, operands: v.operands}
			if !e.runTiles(
				c, s, together, []unsafe.Pointer{v.data[0].Data, v.data[1].Data, got.Data},
			) {
				t.Skip("the library has no Winograd")
			}
			once := slices.Clone(kernel.Slice[float32](got))
			e.runTiles(c, s, together, []unsafe.Pointer{v.data[0].Data, v.data[1].Data, got.Data})
			if !slices.Equal(once, kernel.Slice[float32](got)) {
				t.Errorf("%s of %d images gives other bits the second time", v.kind, together)
			}
			largest, off := 0.0, 0.0
			for i, b := range kernel.Slice[float32](want) {
				largest = max(largest, math.Abs(float64(b)))
				off = max(off, math.Abs(float64(kernel.Slice[float32](got)[i]-b)))
			}
			if !(off <= 1e-5*largest) {
				t.Errorf(
					"%s of %d images: off by %.2g of the largest", v.kind, together, off/largest,
				)
			}
		}
	}
}
