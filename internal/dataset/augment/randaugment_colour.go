package augment

// The operations on values, with the rounding of the usual 8-bit imaging libraries.

// point replaces every value v by f(v).
func (c *canvas) point(f func(v int) int) {
	var table [256]uint8
	for v := range table {
		table[v] = uint8(f(v))
	}
	for i, v := range c.pix {
		c.pix[i] = table[v]
	}
}

// posterize keeps the highest bits of every value, none at 0.
func (c *canvas) posterize(bits int) {
	mask := 0xff << (8 - bits)
	c.point(func(v int) int { return v & mask & 0xff })
}

// solarize inverts the values from threshold on.
func (c *canvas) solarize(threshold int) {
	c.point(func(v int) int {
		if v < threshold {
			return v
		}
		return 255 - v
	})
}

// solarizeAdd brightens the darker half.
func (c *canvas) solarizeAdd(add int) {
	c.point(func(v int) int {
		if v < 128 {
			return min(v+min(add, 128), 255)
		}
		return v
	})
}

// channels replaces each channel's values by a table that table makes of the channel's histogram,
// where it makes one.
func (c *canvas) channels(table func(histogram *[256]int) (lut [256]uint8, ok bool)) {
	step := len(c.fill)
	for ch := range step {
		var histogram [256]int
		for i := ch; i < len(c.pix); i += step {
			histogram[c.pix[i]]++
		}
		lut, ok := table(&histogram)
		if !ok {
			continue
		}
		for i := ch; i < len(c.pix); i += step {
			c.pix[i] = lut[c.pix[i]]
		}
	}
}

// autoContrast stretches each channel to 0 to 255.
func (c *canvas) autoContrast() {
	c.channels(func(h *[256]int) (lut [256]uint8, ok bool) {
		low, high := 0, 255
		for low < 255 && h[low] == 0 {
			low++
		}
		for high > 0 && h[high] == 0 {
			high--
		}
		if high <= low {
			return lut, false
		}
		scale := 255 / float64(high-low)
		for v := range lut {
			lut[v] = uint8(min(max(float64(v)*scale-float64(low)*scale, 0), 255))
		}
		return lut, true
	})
}

// equalize gives each channel an even histogram, as nearly as whole values allow.
func (c *canvas) equalize() {
	total := c.side * c.side
	c.channels(func(h *[256]int) (lut [256]uint8, ok bool) {
		last := 255
		for h[last] == 0 {
			last--
		}
		step := (total - h[last]) / 255
		if step == 0 {
			return lut, false
		}
		n := step / 2
		for v := range lut {
			lut[v] = uint8(min(n/step, 255))
			n += h[v]
		}
		return lut, true
	})
}

// blend moves every value away from (factor above 1) or towards that of from, a function of the
// place.
func (c *canvas) blend(factor float64, from func(i int) uint8) {
	f := float32(factor)
	for i, v := range c.pix {
		base := float32(from(i))
		c.spare[i] = uint8(min(max(base+f*(float32(v)-base), 0), 255))
	}
	c.pix, c.spare = c.spare, c.pix
}

// gray is the gray value of the pixel that value i belongs to, of which there is none but of
// colours: their mean stands for it elsewhere.
func (c *canvas) gray(i int) uint8 {
	if n := len(c.fill); n != 3 {
		sum := n / 2
		for _, v := range c.pix[i-i%n:][:n] {
			sum += int(v)
		}
		return uint8(sum / n)
	}
	p := c.pix[i-i%3:][:3]
	return uint8((19595*uint32(p[0]) + 38470*uint32(p[1]) + 7471*uint32(p[2]) + 1<<15) >> 16)
}

// colour is saturation, which only three channels have.
func (c *canvas) colour(factor float64) {
	if len(c.fill) == 3 {
		c.blend(factor, c.gray)
	}
}

func (c *canvas) brightness(factor float64) { c.blend(factor, func(int) uint8 { return 0 }) }

// contrast is relative to the mean gray.
func (c *canvas) contrast(factor float64) {
	sum, n := 0, c.side*c.side
	for i := range n {
		sum += int(c.gray(len(c.fill) * i))
	}
	mean := uint8(float64(sum)/float64(n) + .5)
	c.blend(factor, func(int) uint8 { return mean })
}

// sharpness is relative to a 3 x 3 mean in which the middle counts five times; pixels of the border
// have none and stay.
func (c *canvas) sharpness(factor float64) {
	step := len(c.fill)
	line := step * c.side
	c.blend(factor, func(i int) uint8 {
		x, y := i%line/step, i/line
		if x == 0 || y == 0 || x == c.side-1 || y == c.side-1 {
			return c.pix[i]
		}
		sum := 4 * int(c.pix[i])
		for _, row := range [3]int{i - line, i, i + line} {
			sum += int(c.pix[row-step]) + int(c.pix[row]) + int(c.pix[row+step])
		}
		return uint8((2*sum + 13) / 26)
	})
}
