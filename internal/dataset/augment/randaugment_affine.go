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

// affine resamples the picture bilinearly. What comes from outside gets the fill colour. (timm
// draws bilinear or bicubic for each image; this is bilinear always.)
func (c *canvas) affine(m affine) {
	side := float64(c.side)
	for y := range c.side {
		for x := range c.side {
			u, v := float64(x)+.5, float64(y)+.5
			u, v = m[0]*u+m[1]*v+m[2], m[3]*u+m[4]*v+m[5]
			out := c.spare[3*(y*c.side+x):][:3]
			if u < 0 || v < 0 || u >= side || v >= side {
				copy(out, c.fill[:])
				continue
			}
			c.between(out, u-.5, v-.5)
		}
	}
	c.pix, c.spare = c.spare, c.pix
}

// between interpolates at (u, v), in pixel indices; beyond the border the border's pixels go on.
func (c *canvas) between(out []uint8, u, v float64) {
	x, y := math.Floor(u), math.Floor(v)
	dx, dy := u-x, v-y
	left, right := 3*max(int(x), 0), 3*min(int(x)+1, c.side-1)
	top, bottom := 3*c.side*max(int(y), 0), 3*c.side*min(int(y)+1, c.side-1)
	for ch := range out {
		a, b := float64(c.pix[top+left+ch]), float64(c.pix[top+right+ch])
		d, e := float64(c.pix[bottom+left+ch]), float64(c.pix[bottom+right+ch])
		upper, lower := a+(b-a)*dx, d+(e-d)*dx
		out[ch] = uint8(upper + (lower-upper)*dy)
	}
}
