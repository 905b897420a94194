package tiff

import "cmae/internal/dataset/raster"

// alpha makes room for transparency, if some is kept. Inks are never multiplied by it.
func (l *layout) alpha(c channels) (a raster.Alpha) {
	if c.alpha != 0 {
		a.Values = make([]uint8, l.width*l.height)
		a.Associated = c.alpha == associatedAlpha && l.photometric != separated
	}
	return a
}

// bytes makes room for samples of 8 bits, and gives what sets one.
func (l *layout) bytes(p *raster.Picture, c channels) func(pixel, channel int, v uint8) {
	p.Pix, p.Channels = make([]uint8, c.colours*l.width*l.height), c.colours
	p.Alpha = l.alpha(c)
	flip := uint8(0)
	if l.photometric == whiteIsZero {
		flip = 255
	}
	return func(pixel, channel int, v uint8) {
		if channel == c.colours {
			p.Alpha.Values[pixel] = v
			return
		}
		p.Pix[pixel*c.colours+channel] = v ^ flip
	}
}

// words makes room for samples of other kinds between low and high, and gives what sets one. They
// are whole numbers of up to 16 bits, or any others.
func (l *layout) words(
	p *raster.Picture, c channels, low, high float64, whole bool,
) func(pixel, channel int, v float64) {
	d := &raster.Deep{
		Width: l.width, Height: l.height, Channels: c.colours, Low: low, High: high,
		Alpha: l.alpha(c), NoData: l.value(tagNoData),
	}
	if d.NoData != nil && l.photometric == whiteIsZero {
		*d.NoData = low + high - *d.NoData
	}
	p.Deep = d
	set := d.Make(c.colours*l.width*l.height, whole)
	scale := 255 / high
	if whole { // to the high byte
		scale = 256 / (high + 1)
	}
	return func(pixel, channel int, v float64) {
		if channel == c.colours {
			if v *= scale; v > 0 { // NaN is not
				d.Alpha.Values[pixel] = uint8(min(v, 255))
			}
			return
		}
		if l.photometric == whiteIsZero {
			v = low + high - v
		}
		set(pixel*c.colours+channel, v)
	}
}
