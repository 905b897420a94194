package onednn

import (
	"unsafe"

	"cmae/internal/kernel"
)

// convolution is the geometry of a convolution's operands as oneDNN sees them: images are NCHW in
// its terms, with strides that say channels last.
type convolution struct {
	kernel.Window
	images, in, out int // in and out count channels
	depthwise       bool
}

func newConvolution(x, w kernel.Tensor, g kernel.Window) convolution {
	return convolution{
		Window: g, images: x.Shape[0], in: x.Cols(), out: w.Shape[0],
		depthwise: w.Shape[1] == 1 && x.Cols() > 1,
	}
}

// channelsLast lays out images.
func channelsLast(t kernel.DType, images, channels, height, width int) operand {
	o := dense(t, images, channels, height, width)
	o.strides = [5]int64{
		int64(height * width * channels), 1, int64(width * channels), int64(channels),
	}
	return o
}

func (c convolution) source(t kernel.DType) operand {
	return channelsLast(t, c.images, c.in, c.H, c.W)
}

func (c convolution) result(t kernel.DType) operand {
	down, across := c.Out()
	return channelsLast(t, c.images, c.out, down, across)
}

// filters may be rearranged: they are small beside the images, and no fast primitive takes them as
// they are.
func (c convolution) filters(t kernel.DType) operand {
	o := dense(t, c.out, c.in, c.Side, c.Side)
	if c.depthwise {
		o = dense(t, c.out, 1, 1, c.Side, c.Side)
	}
	o.free = true
	return o
}

// pixelwise says that a convolution is Linear on the pixels, or on those at every stride.
func (c convolution) pixelwise() bool { return c.Side == 1 && c.Pad == 0 && !c.depthwise }

// few says that the images are small beside the filters.
func (c convolution) few() bool { return c.images*c.H*c.W < c.out*c.Side*c.Side }

// pixels shows x as rows for Linear. Those at a stride are gathered into a buffer.
func (e *Engine) pixels(c convolution, x kernel.Tensor) kernel.Tensor {
	if c.Stride == 1 {
		return flat(x)
	}
	x = e.wide(slotImages, x)
	rows := e.rows(c)
	e.Gather(rows, x, c.Window)
	return rows
}

// rows is a buffer for what lies under the kernel at each place.
func (e *Engine) rows(c convolution) kernel.Tensor {
	down, across := c.Out()
	return e.buffer(slotPixels, kernel.F32, c.images*down*across, c.Side*c.Side*c.in)
}

// runConvolution computes s by Winograd's algorithm where that pays and the library has it, else
// directly, and tells whether it could. A direct convolution takes images as they are, unless they
// are small beside the filters: then to rearrange them costs nothing. bias, or its gradient, may be
// absent.
func (e *Engine) runConvolution(
	c convolution, s spec, bias kernel.Tensor, three ...unsafe.Pointer,
) bool {
	data := append(make([]unsafe.Pointer, 0, 4), three...)
	if !bias.Absent() {
		s.operands[3] = dense(bias.Type, c.out)
		data = append(data, bias.Data)
	}
	if c.tiles() && all32(&s) && e.runTiles(c, s, c.tileImages(), data) {
		return true
	}
	s.window, s.alg = c.Window, direct
	if c.few() {
		s.freeAll()
	}
	if !e.can(&s) {
		return false
	}
	e.run(&s, data...)
	return true
}

// tileBytes is how much of the images is rearranged and transformed at a time, so that it is still
// in a cache when it is multiplied.
const tileBytes = 4 << 20

func (c convolution) tileImages() int {
	images := max(1, min(c.images, tileBytes/(4*c.H*c.W*max(c.in, c.out))))
	for c.images%images != 0 {
		images--
	}
	return images
}

// runTiles is Winograd's algorithm on a few images at a time.
func (e *Engine) runTiles(c convolution, s spec, images int, data []unsafe.Pointer) bool {
	weights := 1 // the operand that isn't images
	if s.kind == convGradWeight {
		weights = 2
		if s.operands[3].rank > 0 {
			images = c.images
		}
	}
	s.window, s.alg = c.Window, winograd
	s.freeAll()
	for i := range 3 {
		if i != weights {
			s.operands[i].dims[0] = int64(images)
		}
	}
	if !e.can(&s) {
		return false
	}
	total := kernel.Tensor{
		Data: data[weights], Type: kernel.F32, Shape: []int{c.out, c.in, c.Side, c.Side},
	}
	for done := 0; done < c.images; done += images {
		at := [4]unsafe.Pointer{}
		copy(at[:], data)
		for i := range 3 {
			if o := s.operands[i]; i != weights {
				at[i] = unsafe.Add(at[i], done*o.bytes()/images)
			}
		}
		more := s.kind == convGradWeight && done > 0
		part := total
		if more {
			part = e.buffer(slotPartOfDW, kernel.F32, total.Shape...)
			at[weights] = part.Data
		}
		e.run(&s, at[:len(data)]...)
		if more {
			e.Add(total, total, part)
		}
	}
	return true
}

// tiles says that Winograd's tiles of 4x4 results, 36 multiplications for each instead of 144,
// repay what it takes to transform them and to rearrange the images.
func (c convolution) tiles() bool {
	return c.Side == 3 && c.Stride == 1 && c.Pad == 1 && !c.depthwise && min(c.in, c.out) >= 64 &&
		min(c.H, c.W) >= 4
}

func all32(s *spec) bool {
	for _, o := range s.operands[:3] {
		if o.t != kernel.F32 {
			return false
		}
	}
	return true
}

// Conv2D is one primitive, and a matmul for filters of one pixel: oneDNN's own way with those at a
// stride is slow.
func (e *Engine) Conv2D(y, x, w, bias kernel.Tensor, g kernel.Window) {
	c := newConvolution(x, w, g)
	if c.pixelwise() && floating(x, w) {
		e.Linear(
			flat(y), e.pixels(c, x), e.like(c, w.View(c.out, c.in)), kernel.Epilogue{Bias: bias},
		)
		return
	}
	if floating(y, x, w) && all(kernel.F32, bias) {
		x, w := e.factor(slotLeft, x), e.factor(slotRight, w)
		to := e.result(slotProduct, y, x)
		s := spec{kind: conv}
		s.operands[0], s.operands[1] = c.source(x.Type), c.filters(w.Type)
		s.operands[2] = c.result(to.Type)
		if e.runConvolution(c, s, bias, x.Data, w.Data, to.Data) {
			e.settle(y, to)
			return
		}
	}
	e.Engine.Conv2D(y, x, w, bias, g)
}

// Conv2DGradInput is one primitive, and a matmul for filters of one pixel.
func (e *Engine) Conv2DGradInput(dx, dy, w kernel.Tensor, g kernel.Window) {
	c := newConvolution(dx, w, g)
	if c.pixelwise() && floating(dx, dy, w) {
		if c.Stride == 1 {
			e.LinearGradInput(flat(dx), flat(dy), w.View(c.out, c.in))
			return
		}
		rows, to := e.rows(c), e.result(slotImages, dx, kernel.Tensor{})
		e.LinearGradInput(rows, flat(dy), w.View(c.out, c.in))
		e.Scatter(to, rows, g)
		e.settle(dx, to)
		return
	}
	if floating(dx, dy, w) {
		dy, w := e.factor(slotLeft, dy), e.factor(slotRight, w)
		to := e.result(slotProduct, dx, dy)
		s := spec{kind: convGradInput}
		s.operands[0], s.operands[1] = c.result(dy.Type), c.filters(w.Type)
		s.operands[2] = c.source(to.Type)
		if e.runConvolution(c, s, kernel.Tensor{}, dy.Data, w.Data, to.Data) {
			e.settle(dx, to)
			return
		}
	}
	e.Engine.Conv2DGradInput(dx, dy, w, g)
}

// Conv2DGradWeight is one primitive, and a matmul or two for filters of one pixel.
func (e *Engine) Conv2DGradWeight(dw, db, dy, x kernel.Tensor, g kernel.Window) {
	c := newConvolution(x, dw, g)
	if c.pixelwise() && floating(dw, db, dy, x) {
		e.LinearGradWeight(dw.View(c.out, c.in), db, e.like(c, flat(dy)), e.pixels(c, x))
		return
	}
	if floating(dw, dy, x) && all(kernel.F32, db) {
		dy, x := e.factor(slotLeft, dy), e.factor(slotRight, x)
		if c.few() && !c.tiles() && !c.depthwise && all(kernel.F32, dw, dy, x) {
			e.gradWeightByRows(c, dw, db, dy, x)
			return
		}
		s := spec{kind: convGradWeight}
		s.operands[0], s.operands[1] = c.source(x.Type), c.result(dy.Type)
		s.operands[2] = c.filters(dw.Type)
		if e.runConvolution(c, s, db, x.Data, dy.Data, dw.Data) {
			return
		}
	}
	e.Engine.Conv2DGradWeight(dw, db, dy, x, g)
}

// gradWeightByRows is a matmul with what lies under the kernel: over few places the library's
// convolutions take four times as long.
func (e *Engine) gradWeightByRows(c convolution, dw, db, dy, x kernel.Tensor) {
	rows := e.rows(c)
	e.Gather(rows, x, c.Window)
	taps := c.Side * c.Side
	last := e.buffer(slotImages, kernel.F32, c.out, taps*c.in)
	e.LinearGradWeight(last, db, flat(dy), rows)
	channelsFirst := dense(kernel.F32, c.out, taps, c.in)
	channelsFirst.strides = [5]int64{int64(taps * c.in), 1, int64(taps)}
	e.reorder(channelsFirst, dw.Data, dense(kernel.F32, c.out, taps, c.in), last.Data)
}

// like is a factor in the type of gathered pixels.
func (e *Engine) like(c convolution, x kernel.Tensor) kernel.Tensor {
	if c.Stride == 1 {
		return x
	}
	return e.wide(slotOther, x)
}

// flat shows images as rows of pixels.
func flat(t kernel.Tensor) kernel.Tensor { return t.View(t.Rows(), t.Cols()) }
