package jpeg

import "image"

// chroma holds what 8-bit Cb and Cr add to red, green and blue, as libjpeg rounds it.
type chroma struct {
	red, blue            [256]int32
	greenOfCr, greenOfCb [256]int32 // 16 bits after the point
}

func newChroma() *chroma {
	const half = 1 << 15
	c := new(chroma)
	for i := range int32(256) {
		v := i - 128
		c.red[i] = (91881*v + half) >> 16
		c.blue[i] = (116130*v + half) >> 16
		c.greenOfCr[i] = -46802 * v
		c.greenOfCb[i] = -22554*v + half
	}
	return c
}

func clamp(v int32) uint8 { return uint8(min(max(v, 0), 255)) }

// rgb converts a pixel.
func (c *chroma) rgb(y, cb, cr uint8) (r, g, b uint8) {
	v := int32(y)
	return clamp(v + c.red[cr]), clamp(v + (c.greenOfCb[cb]+c.greenOfCr[cr])>>16),
		clamp(v + c.blue[cb])
}

// Pix gives an 8-bit picture of one or three components as R, G, B, interleaved.
func (f *Frame) Pix() []uint8 {
	out := make([]uint8, 3*f.Width*f.Height)
	s := f.Samples8
	if len(s) == 1 {
		for i, v := range s[0] {
			p := out[3*i : 3*i+3]
			p[0], p[1], p[2] = v, v, v
		}
		return out
	}
	c := newChroma()
	for i, v := range s[0] {
		p := out[3*i : 3*i+3]
		if f.Space == YCbCr {
			p[0], p[1], p[2] = c.rgb(v, s[1][i], s[2][i])
		} else {
			p[0], p[1], p[2] = v, s[1][i], s[2][i]
		}
	}
	return out
}

// Inks gives an 8-bit picture of four components, which files store as 255 less ink: Adobe does,
// and Pillow takes it for granted without Adobe's marker too. YCCK is CMY as YCbCr of what it
// leaves.
func (f *Frame) Inks() *image.CMYK {
	img := image.NewCMYK(image.Rect(0, 0, f.Width, f.Height))
	s, c := f.Samples8, newChroma()
	for i := range s[0] {
		p := img.Pix[4*i : 4*i+4]
		if f.Space == YCCK {
			r, g, b := c.rgb(s[0][i], s[1][i], s[2][i])
			p[0], p[1], p[2] = 255-r, 255-g, 255-b
		} else {
			p[0], p[1], p[2] = s[0][i], s[1][i], s[2][i]
		}
		p[3] = s[3][i]
		for j := range p {
			p[j] = 255 - p[j]
		}
	}
	return img
}

// Deep gives a picture of more or fewer than 8 bits as gray or R, G, B, interleaved: values up to
// 2^Precision-1.
func (f *Frame) Deep() []uint16 {
	s := f.Samples16
	if len(s) == 1 {
		return s[0]
	}
	out := make([]uint16, len(s)*len(s[0]))
	top := float64(int(1)<<f.Precision - 1)
	centre := float64(int(1) << (f.Precision - 1))
	limit := func(v float64) uint16 { return uint16(min(max(v+.5, 0), top)) }
	for i := range s[0] {
		p := out[len(s)*i : len(s)*(i+1)]
		for j := range p {
			p[j] = s[j][i]
		}
		if f.Space == YCbCr {
			y, cb, cr := float64(p[0]), float64(p[1])-centre, float64(p[2])-centre
			p[0], p[1], p[2] = limit(y+1.402*cr), limit(y-.344136*cb-.714136*cr), limit(y+1.772*cb)
		}
	}
	return out
}
