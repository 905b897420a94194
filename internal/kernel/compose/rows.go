package compose

import (
	"fmt"

	"cmae/internal/kernel"
)

// ScaleRows is a product with one factor a row.
func (c *composer) ScaleRows(y, x, s kernel.Tensor) {
	w := c.begin()
	defer w.end()
	b := s.Len()
	w.perRow(y.View(b, y.Len()/b), x.View(b, x.Len()/b), s)
}

// PermuteRows gathers.
func (c *composer) PermuteRows(y, x kernel.Tensor, order []int) {
	w := c.begin()
	defer w.end()
	n := x.Shape[0]
	x, y = w.in(x), w.out(y)
	ids := w.indices(fmt.Sprint("permute ", order), 1, len(order), func(_, i int) int {
		return order[i]
	})
	w.GatherRows(y.View(1, len(order), x.Len()/n), x.View(1, n, x.Len()/n), ids)
}

// SliceTokens gathers the same rows of every image.
func (c *composer) SliceTokens(y, x kernel.Tensor, from, to int) {
	w := c.begin()
	defer w.end()
	ids := w.indices(fmt.Sprint("slice ", from), y.Shape[0], to-from, func(_, i int) int {
		return from + i
	})
	w.GatherRows(w.out(y), w.in(x), ids)
}

// PadTokens gathers no row where there is none.
func (c *composer) PadTokens(dx, dy kernel.Tensor, from int) {
	w := c.begin()
	defer w.end()
	t, n := dx.Shape[1], dy.Shape[1]
	ids := w.indices(fmt.Sprint("pad ", from, " ", n), dx.Shape[0], t, func(_, i int) int {
		if i < from || i >= from+n {
			return -1
		}
		return i - from
	})
	w.GatherRows(w.out(dx), w.in(dy), ids)
}

// ConcatTokens puts all images of a before all of b, and gathers.
func (c *composer) ConcatTokens(y, a, b kernel.Tensor) {
	w := c.begin()
	defer w.end()
	images, s, t, d := y.Shape[0], a.Shape[1], b.Shape[1], y.Shape[2]
	y, a, b = w.out(y), w.in(a), w.in(b)
	both := w.scratch(y, images*(s+t), d)
	for _, half := range []struct {
		x  kernel.Tensor
		at int
	}{{a, 0}, {b, images * s}} {
		if half.x.Len() > 0 {
			w.Copy(both.Part(half.at, half.at+half.x.Rows()), rows(half.x))
		}
	}
	key := fmt.Sprint("concat ", s, " ", images)
	ids := w.indices(key, 1, images*(s+t), func(_, i int) int {
		image, token := i/(s+t), i%(s+t)
		if token < s {
			return image*s + token
		}
		return images*s + image*t + token - s
	})
	w.GatherRows(y.View(1, images*(s+t), d), both.View(1, images*(s+t), d), ids)
}

// Transpose gathers single elements.
func (c *composer) Transpose(y, x kernel.Tensor) {
	r, cols := x.Shape[1], x.Shape[2]
	c.elements(fmt.Sprint("transpose ", r), y, x, func(i int) int {
		return i%r*cols + i/r
	})
}

// Patchify gathers single elements.
func (c *composer) Patchify(patches, images kernel.Tensor, p int, channelsLast bool) {
	channels, side := images.Shape[1], images.Shape[2]
	grid := side / p
	key := fmt.Sprint("patchify ", p, channelsLast, channels)
	c.elements(key, patches, images, func(i int) int {
		patch, inside := i/(p*p*channels), i%(p*p*channels)
		channel, y, x := inside/(p*p), inside/p%p, inside%p
		if channelsLast {
			y, x, channel = inside/(p*channels), inside/channels%p, inside%channels
		}
		return (channel*side+patch/grid*p+y)*side + patch%grid*p + x
	})
}

// elements: element i of each image of y is element at(i) of the same image of x.
func (c *composer) elements(key string, y, x kernel.Tensor, at func(i int) int) {
	w := c.begin()
	defer w.end()
	images, n := y.Shape[0], y.Len()/y.Shape[0]
	ids := w.indices(key, images, n, func(_, i int) int { return at(i) })
	y, x = w.out(y), w.in(x)
	w.GatherRows(y.View(images, n, 1), x.View(images, x.Len()/images, 1), ids)
}

// WriteRows copies row by row.
func (c *composer) WriteRows(table, x kernel.Tensor, at []int32) {
	for i, row := range at {
		c.all.Copy(table.Part(int(row), int(row)+1), x.Part(i, i+1))
	}
}
