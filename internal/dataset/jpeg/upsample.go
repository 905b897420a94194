package jpeg

// full gives a component at full resolution: its samples reconstructed, then spread by h x v.
func full[T sample](d *decoder, c *component, h, v int) []T {
	p := reconstruct[T](d, c)
	// as libjpeg chooses: narrow pictures and other ratios are spread, not interpolated
	smooth := !d.process.lossless
	switch {
	case h == 1 && v == 1:
		return crop(p, c.columnsOf(d), d.width, d.height)
	case h == 2 && v == 1 && smooth && c.width > 2:
		return double(p, c, d)
	case h == 1 && v == 2 && smooth:
		return doubleRows(p, c, d)
	case h == 2 && v == 2 && smooth && c.width > 2:
		return quadruple(p, c, d)
	}
	out, stride := make([]T, d.width*d.height), c.columnsOf(d)
	for y := range d.height {
		from, to := p[y/v*stride:], out[y*d.width:][:d.width]
		for x := range to {
			to[x] = from[x/h]
		}
	}
	return out
}

// columnsOf is how many samples a row of the reconstructed component has.
func (c *component) columnsOf(d *decoder) int {
	if d.process.lossless {
		return c.columns
	}
	return 8 * c.columns
}

// reconstruct gives a component's samples, up to whole MCUs.
func reconstruct[T sample](d *decoder, c *component) []T {
	if d.process.lossless {
		out := make([]T, len(c.lossless))
		for i, v := range c.lossless {
			out[i] = T(v)
		}
		return out
	}
	stride := 8 * c.columns
	out := make([]T, 64*c.columns*c.rows)
	for y := range c.rows {
		for x := range c.columns {
			inverse(c.at(x, y), c.quant, out[8*(y*stride+x):], stride, d.precision)
		}
	}
	return out
}

// crop leaves out the columns and rows that only fill up MCUs.
func crop[T sample](p []T, stride, width, height int) []T {
	if stride == width {
		return p[:width*height]
	}
	out := make([]T, width*height)
	for y := range height {
		copy(out[y*width:][:width], p[y*stride:])
	}
	return out
}

// double interpolates columns: each sample becomes two, a quarter of the way to its neighbours.
// Halves are rounded down on the left and up on the right.
func double[T sample](p []T, c *component, d *decoder) []T {
	out, stride := make([]T, d.width*d.height), c.columnsOf(d)
	wide := make([]T, 2*c.width)
	for y := range d.height {
		row := p[y*stride:][:c.width]
		last := len(row) - 1
		for x, v := range row {
			left, right := int(row[max(x-1, 0)]), int(row[min(x+1, last)])
			wide[2*x] = T((3*int(v) + left + 1) >> 2)
			wide[2*x+1] = T((3*int(v) + right + 2) >> 2)
		}
		wide[0], wide[2*last+1] = row[0], row[last]
		copy(out[y*d.width:][:d.width], wide)
	}
	return out
}

// doubleRows interpolates rows: as double, downwards.
func doubleRows[T sample](p []T, c *component, d *decoder) []T {
	out, stride := make([]T, d.width*d.height), c.columnsOf(d)
	for y := range d.height {
		near, other := c.rowsFor(y)
		bias := 1 + y&1
		a, b := p[near*stride:], p[other*stride:]
		to := out[y*d.width:][:d.width]
		for x := range to {
			to[x] = T((3*int(a[x]) + int(b[x]) + bias) >> 2)
		}
	}
	return out
}

// rowsFor gives the row of samples that an output row lies in, and the one that it lies beside.
func (c *component) rowsFor(y int) (near, other int) {
	if near = y / 2; y&1 == 0 {
		return near, max(near-1, 0)
	}
	return near, min(near+1, c.height-1)
}

// quadruple interpolates columns and rows.
func quadruple[T sample](p []T, c *component, d *decoder) []T {
	out, stride := make([]T, d.width*d.height), c.columnsOf(d)
	sums, wide := make([]int, c.width), make([]T, 2*c.width)
	for y := range d.height {
		near, other := c.rowsFor(y)
		a, b := p[near*stride:][:c.width], p[other*stride:][:c.width]
		for x := range sums {
			sums[x] = 3*int(a[x]) + int(b[x])
		}
		last := len(sums) - 1
		for x, v := range sums {
			left, right := sums[max(x-1, 0)], sums[min(x+1, last)]
			wide[2*x] = T((3*v + left + 8) >> 4)
			wide[2*x+1] = T((3*v + right + 7) >> 4)
		}
		copy(out[y*d.width:][:d.width], wide)
	}
	return out
}
