package heif

import (
	"errors"

	"cmae/internal/dataset/raster"
)

// weights are those of red and blue in luma, by the number of the matrix in H.273. Files that name
// none mean BT.601.
func weights(matrix int32) (red, blue float64) {
	switch matrix {
	case 1:
		return .2126, .0722
	case 4:
		return .30, .11
	case 7:
		return .212, .087
	case 9, 10:
		return .2627, .0593
	}
	return .299, .114
}

// identity is the matrix of files that have G, B, R in the places of Y, Cb, Cr.
const identity = 0

// picture makes planes a picture of 8 bits, as a screen shows it.
func (c *coded) picture(p *raster.Picture) error {
	pixel, err := c.pixels()
	if err != nil {
		return err
	}
	p.Pix = make([]uint8, 3*p.Width*p.Height)
	to := p.Pix
	for y := range int(c.Height) {
		for x := range int(c.Width) {
			r, g, b := pixel(x, y)
			to[0], to[1], to[2] = round(r), round(g), round(b)
			to = to[3:]
		}
	}
	if c.Planes[channelAlpha] == nil {
		return nil
	}
	if c.head.Planes[channelAlpha].Width != c.Width ||
		c.head.Planes[channelAlpha].Height != c.Height {
		return errors.New("transparency of another size")
	}
	alpha, values := c.sample(channelAlpha), make([]uint8, p.Width*p.Height)
	for i := range values {
		values[i] = round(alpha(i%p.Width, i/p.Width))
	}
	p.Alpha = raster.Alpha{Values: values, Associated: c.Premultiplied != 0}
	return nil
}

func round(v float64) uint8 { return uint8(min(max(v, 0), 255) + .5) }

// pixels gives the colours of a place, up to 255.
func (c *coded) pixels() (func(x, y int) (r, g, b float64), error) {
	whole := func(channel int) bool {
		p := c.head.Planes[channel]
		return p.Width == c.Width && p.Height == c.Height
	}
	rgb := whole(channelR) && whole(channelG) && whole(channelB)
	if rgb && c.Smooth != 0 && c.Halved != 0 {
		c.halve()
	} else if rgb {
		r, g, b := c.sample(channelR), c.sample(channelG), c.sample(channelB)
		return func(x, y int) (float64, float64, float64) { return r(x, y), g(x, y), b(x, y) }, nil
	}
	if !whole(channelY) {
		return nil, errors.New("no luma of the picture's size")
	}
	luma := c.sample(channelY)
	stretch := func(v float64) float64 { return v }
	spread := 1.
	if c.FullRange == 0 {
		stretch = func(v float64) float64 { return (v - 16) * 255 / 219 }
		spread = 255. / 224
	}
	if c.Planes[channelCb] == nil {
		return func(x, y int) (float64, float64, float64) {
			v := stretch(luma(x, y))
			return v, v, v
		}, nil
	}
	cb, err := c.spread(channelCb)
	if err != nil {
		return nil, err
	}
	cr, err := c.spread(channelCr)
	if err != nil {
		return nil, err
	}
	if c.Matrix == identity {
		return func(x, y int) (float64, float64, float64) {
			return stretch(cr(x, y)), stretch(luma(x, y)), stretch(cb(x, y))
		}, nil
	}
	red, blue := weights(c.Matrix)
	middle := 128. // of 8 bits; more bits put it at half of a step less
	if bits := c.head.Planes[channelCb].Bits; bits > 8 {
		middle = 255 * float64(int(1)<<(bits-1)) / float64(int(1)<<bits-1)
	}
	return func(x, y int) (float64, float64, float64) {
		v := stretch(luma(x, y))
		u, w := (cb(x, y)-middle)*spread, (cr(x, y)-middle)*spread
		r, b := v+2*(1-red)*w, v+2*(1-blue)*u
		return r, (v - red*r - blue*b) / (1 - red - blue), b
	}, nil
}

// spread gives chroma at full resolution: where it is halved, a quarter of the way to the
// neighbour, or repeated.
func (c *coded) spread(channel int) (func(x, y int) float64, error) {
	p, at := c.head.Planes[channel], c.sample(channel)
	half := func(n int32) int32 { return (n + 1) / 2 }
	wide, high := p.Width == c.Width, p.Height == c.Height
	// libheif 1.19 cuts chroma of HEIC one sample late
	fits := func(n, of int32) bool { return n == half(of) || n == half(of)+1 }
	if !wide && !fits(p.Width, c.Width) || !high && !fits(p.Height, c.Height) {
		return nil, errors.New("chroma of an odd size")
	}
	near := func(i int, full bool, n int32) (a, b int) {
		if full {
			return i, i
		}
		if a = i / 2; i&1 == 0 {
			return a, max(a-1, 0)
		}
		return a, min(a+1, int(n)-1)
	}
	if c.Smooth == 0 {
		return func(x, y int) float64 {
			x, _ = near(x, wide, p.Width)
			y, _ = near(y, high, p.Height)
			return at(x, y)
		}, nil
	}
	return func(x, y int) float64 {
		x0, x1 := near(x, wide, p.Width)
		y0, y1 := near(y, high, p.Height)
		return (9*at(x0, y0) + 3*at(x1, y0) + 3*at(x0, y1) + at(x1, y1)) / 16
	}, nil
}
