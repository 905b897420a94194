package augment

import "math"

// affine says where the pixel of a result comes from: x' = m0 x + m1 y + m2 and y' = m3 x + m4 y +
// m5, in pixels, whose centres lie at halves.
type affine [6]float64

// rotate turns the picture about its centre, counterclockwise for positive degrees.
func (c *canvas) rotate(degrees float64) {
	sin, cos := math.Sincos(-degrees * math.Pi / 180)
	centre := float64(c.side) / 2
	c.affine(
		affine{
			cos, sin, centre - cos*centre - sin*centre, -sin, cos, centre + sin*centre - cos*centre,
		},
	)
}

// affine resamples the picture bicubically, as MAE's finetuning has it. What comes from outside
// gets the fill colour.
func (c *canvas) affine(m affine) {
	side, channels := float64(c.side), len(c.fill)
	for y := range c.side {
		for x := range c.side {
			u, v := float64(x)+.5, float64(y)+.5
			u, v = m[0]*u+m[1]*v+m[2], m[3]*u+m[4]*v+m[5]
			out := c.spare[channels*(y*c.side+x):][:channels]
			if u < 0 || v < 0 || u >= side || v >= side {
				copy(out, c.fill)
				continue
			}
			c.between(out, u-.5, v-.5)
		}
	}
	c.pix, c.spare = c.spare, c.pix
}

// between interpolates at (u, v), in pixel indices, by the cubic convolution that Pillow moves
// pictures with; beyond the border the border's pixels go on.
func (c *canvas) between(out []uint8, u, v float64) {
	left, top := math.Floor(u), math.Floor(v)
	dx, dy := u-left, v-top
	var columns, rows [4]int
	for i := range 4 {
		columns[i] = len(out) * min(max(int(left)-1+i, 0), c.side-1)
		rows[i] = len(out) * c.side * min(max(int(top)-1+i, 0), c.side-1)
	}
	for ch := range out {
		var across [4]float64
		for i, row := range rows {
			at := func(j int) float64 { return float64(c.pix[row+columns[j]+ch]) }
			across[i] = convolve(at(0), at(1), at(2), at(3), dx)
		}
		value := convolve(across[0], across[1], across[2], across[3], dy)
		out[ch] = uint8(min(max(value, 0), 255))
	}
}

// convolve is the cubic convolution with a = -1 of four values in a row, at d of the way from the
// second to the third.
func convolve(a, b, c, d, at float64) float64 {
	return b + at*(-a+c+at*(2*(a-b)+c-d+at*(-a+b-c+d)))
}
