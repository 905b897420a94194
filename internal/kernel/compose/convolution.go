package compose

import (
	"fmt"

	"cmae/internal/kernel"
)

// conv is a convolution as a product: what lies under the kernel at each place, [B*Ho*Wo,K], times
// filters [Cout,K], K = k*k*Cin in the order row, column, channel.
type conv struct {
	*work
	kernel.Window
	images, places, taps int // places of one image in the result, pixels under the kernel
	in, out              int // channels
}

func (w *work) conv(x, filters kernel.Tensor, g kernel.Window) conv {
	down, across := g.Out()
	return conv{
		work: w, Window: g, images: x.Shape[0], places: down * across, taps: g.Side * g.Side,
		in: x.Cols(), out: filters.Shape[0],
	}
}

// depthwise reports whether every channel has a filter of its own.
func (c conv) depthwise(filters kernel.Tensor) bool { return filters.Shape[1] == 1 && c.in > 1 }

// at is the pixel under a tap of the kernel, at a place of the result.
func (c conv) at(place, tap int) (y, x int) {
	_, across := c.Out()
	return place/across*c.Stride - c.Pad + tap/c.Side, place%across*c.Stride - c.Pad + tap%c.Side
}

// pixels numbers those under the kernel, at each place of each image; in the border there are none.
func (c conv) pixels() kernel.Tensor {
	key := fmt.Sprint("convolve ", c.Window)
	return c.indices(key, c.images, c.places*c.taps, func(_, i int) int {
		y, x := c.at(i/c.taps, i%c.taps)
		if y < 0 || y >= c.H || x < 0 || x >= c.W {
			return -1
		}
		return y*c.W + x
	})
}

// windows is what lies under the kernel, [B*Ho*Wo*k*k,Cin].
func (c conv) windows(x kernel.Tensor) kernel.Tensor {
	y := c.scratch(x, c.images, c.places*c.taps, c.in)
	c.GatherRows(y, x.View(c.images, c.H*c.W, c.in), c.pixels())
	return rows(y)
}

// flat shows windows, and filters with channels last, as the factors of a product.
func (c conv) flat(x kernel.Tensor) kernel.Tensor {
	k := c.taps * c.in
	return x.View(x.Len()/k, k)
}

// channelsLast turns filters [Cout,Cin,k,k] round.
func (c conv) channelsLast(filters kernel.Tensor) kernel.Tensor {
	n, in := filters.Shape[0], filters.Shape[1]
	y := c.scratch(filters, n, c.taps, in)
	c.Transpose(y, filters.View(n, in, c.taps))
	return y
}

// Conv2D is a product with the windows.
func (c *composer) Conv2D(y, x, filters, bias kernel.Tensor, g kernel.Window) {
	w := c.begin()
	defer w.end()
	k := w.conv(x, filters, g)
	x, filters, y, bias = w.in(x), w.in(filters), rows(w.out(y)), w.in(bias)
	if !k.depthwise(filters) {
		w.Linear(
			y, k.flat(k.windows(x)), k.flat(k.channelsLast(filters)), kernel.Epilogue{Bias: bias},
		)
		return
	}
	seen := k.windows(x)
	w.Mul(seen, seen, k.perTap(filters))
	k.sumTaps(y, seen)
	if !bias.Absent() {
		w.addRow(y, y, bias)
	}
}

// Conv2DGradInput adds what each place passes back to the pixels under it.
func (c *composer) Conv2DGradInput(dx, dy, filters kernel.Tensor, g kernel.Window) {
	w := c.begin()
	defer w.end()
	k := w.conv(dx, filters, g)
	dy, filters, dx = rows(w.in(dy)), w.in(filters), w.out(dx)
	back := w.scratch(dx, k.images, k.places*k.taps, k.in)
	if k.depthwise(filters) {
		w.Mul(back, k.atTaps(dy), k.perTap(filters))
	} else {
		w.LinearGradInput(k.flat(back), dy, k.flat(k.channelsLast(filters)))
	}
	w.ScatterRows(dx.View(k.images, k.H*k.W, k.in), back, k.pixels())
}

// Conv2DGradWeight is a product with the windows.
func (c *composer) Conv2DGradWeight(dw, db, dy, x kernel.Tensor, g kernel.Window) {
	w := c.begin()
	defer w.end()
	k := w.conv(x, dw, g)
	dy, x = rows(w.in(dy)), w.in(x)
	seen := k.windows(x)
	if !k.depthwise(dw) {
		last := w.scratch(dw, k.out, k.taps*k.in)
		w.LinearGradWeight(last, db, dy, k.flat(seen))
		w.Transpose(dw.View(k.out, k.in, k.taps), last.View(k.out, k.taps, k.in))
		return
	}
	if !db.Absent() {
		w.columnSums(db, dy)
	}
	w.Mul(seen, seen, k.atTaps(dy))
	last := w.scratch(dw, 1, k.taps, k.out)
	w.ScatterRows(last, seen.View(1, seen.Shape[0], k.out), k.byTap())
	w.Transpose(dw.View(1, k.out, k.taps), last)
}

// byTap and byPlace number the rows of windows by their place under the kernel, and by where the
// kernel is.
func (c conv) byTap() kernel.Tensor {
	return c.number("tap", func(row int) int { return row % c.taps })
}

func (c conv) byPlace() kernel.Tensor {
	return c.number("place", func(row int) int { return row / c.taps })
}

func (c conv) number(kind string, at func(row int) int) kernel.Tensor {
	key := fmt.Sprint(kind, " ", c.taps)
	return c.indices(key, 1, c.images*c.places*c.taps, func(_, i int) int { return at(i) })
}

// perTap is a channel's filter for each row of windows, atTaps the result of its place.
func (c conv) perTap(filters kernel.Tensor) kernel.Tensor {
	last := c.scratch(filters, 1, c.taps, c.out)
	y := c.scratch(filters, c.images*c.places*c.taps, c.out)
	c.Transpose(last, filters.View(1, c.out, c.taps))
	c.GatherRows(y.View(1, y.Shape[0], c.out), last, c.byTap())
	return y
}

func (c conv) atTaps(dy kernel.Tensor) kernel.Tensor {
	y := c.scratch(dy, c.images*c.places*c.taps, c.out)
	c.GatherRows(y.View(1, y.Shape[0], c.out), dy.View(1, c.images*c.places, c.out), c.byPlace())
	return y
}

// sumTaps adds the rows of a place up.
func (c conv) sumTaps(y, windows kernel.Tensor) {
	c.ScatterRows(
		y.View(1, c.images*c.places, c.out), windows.View(1, windows.Shape[0], c.out), c.byPlace(),
	)
}
