package tiff

import (
	"image"
	"math"

	"cmae/internal/dataset/raster"
)

// Kinds of extra samples.
const (
	associatedAlpha   = 1
	unassociatedAlpha = 2
)

// channels says which samples of a pixel are kept.
type channels struct {
	colours int // 1, 3 or 4
	alpha   int // associatedAlpha, unassociatedAlpha, or 0 for none
}

func (c channels) kept() int {
	if c.alpha != 0 {
		return c.colours + 1
	}
	return c.colours
}

// channels chooses them. Gray of three samples and more is what writers of many bands say that know
// no colours: the first three stand for red, green and blue.
func (l *layout) channels() channels {
	if l.stacked() {
		c := channels{colours: l.samples}
		if n := len(l.extra); !l.bands.Alpha && alphaKind(l.extra, n-1) && l.samples > 1 {
			c.colours, c.alpha = l.samples-1, l.extra[n-1]
		}
		return c
	}
	c := channels{colours: 1}
	switch l.photometric {
	case colours, yCbCr:
		c.colours = 3
	case separated:
		c.colours = 4
	case blackIsZero, linearRaw:
		if l.samples >= 3 && !alphaKind(l.extra, 0) {
			c.colours = 3
		}
	}
	if at := len(l.extra) - (l.samples - c.colours); alphaKind(l.extra, at) &&
		l.samples > c.colours && l.photometric != palette {
		c.alpha = l.extra[at]
	}
	return c
}

// stacked says whether samples are channels whatever they are called, which those of palettes, inks
// and luminance with chroma cannot be.
func (l *layout) stacked() bool {
	switch l.photometric {
	case whiteIsZero, blackIsZero, colours, linearRaw:
		return l.bands.Channels != 0
	}
	return false
}

func alphaKind(extra []int, at int) bool {
	return at >= 0 && at < len(extra) &&
		(extra[at] == associatedAlpha || extra[at] == unassociatedAlpha)
}

// picture reads the samples.
func (l *layout) picture(p *raster.Picture) error {
	c := l.channels()
	p.Bands = l.samples - c.kept()
	switch {
	case l.compression == packJPEG, l.compression == packOldJPEG, l.compression == packWebP:
		return l.embedded(p)
	case l.photometric == yCbCr:
		return l.subsampled(p)
	case l.format == unsigned && l.bits <= 8:
		return l.shallow(p, c)
	}
	return l.deep(p, c)
}

// samplesOf calls put for each kept sample: of which pixel, which channel, and where it lies.
func (l *layout) samplesOf(kept int, put func(pixel, channel int, row []byte, i int)) error {
	return l.each(func(s segment, rows []byte, stride int) error {
		for y := range s.height {
			row, pixel := rows[y*stride:(y+1)*stride], (s.y+y)*l.width+s.x
			for x := range s.width {
				if l.planar {
					if s.sample < kept {
						put(pixel+x, s.sample, row, x)
					}
					continue
				}
				for channel := range kept {
					put(pixel+x, channel, row, x*l.samples+channel)
				}
			}
		}
		return nil
	})
}

// shallow reads samples of up to 8 bits.
func (l *layout) shallow(p *raster.Picture, c channels) error {
	kept, get := c.kept(), l.integer()
	var scale [256]uint8
	top := 1<<l.bits - 1
	for v := range top + 1 {
		if scale[v] = uint8(v * 255 / top); l.photometric == whiteIsZero {
			scale[v] = ^scale[v]
		}
		if l.photometric == palette {
			scale[v] = uint8(v)
		}
	}
	out := make([]uint8, kept*l.width*l.height)
	err := l.samplesOf(kept, func(pixel, channel int, row []byte, i int) {
		out[pixel*kept+channel] = scale[get(row, i)]
	})
	if err != nil {
		return err
	}
	switch rect := image.Rect(0, 0, l.width, l.height); {
	case l.photometric == palette:
		return l.mapped(p, out)
	case l.photometric == separated:
		if kept == 5 { // transparency of inks is left out
			out = first(out, 5, 4)
			p.Bands++
		}
		p.Image = &image.CMYK{Pix: out, Stride: 4 * l.width, Rect: rect}
	case l.stacked():
		if p.Pix, p.Channels = out, c.colours; c.alpha != 0 {
			p.Pix, p.Alpha = first(out, kept, c.colours), nth(out, kept, c.colours)
		}
	case c.alpha != 0:
		out = spreadGray(out, c.colours, kept)
		if c.alpha == associatedAlpha {
			p.Image = &image.RGBA{Pix: out, Stride: 4 * l.width, Rect: rect}
		} else {
			p.Image = &image.NRGBA{Pix: out, Stride: 4 * l.width, Rect: rect}
		}
	default:
		p.Pix = spreadGray(out, c.colours, kept)
	}
	return nil
}

// first keeps n of every group of samples.
func first(samples []uint8, group, n int) []uint8 {
	out := make([]uint8, 0, len(samples)/group*n)
	for ; len(samples) > 0; samples = samples[group:] {
		out = append(out, samples[:n]...)
	}
	return out
}

// nth keeps sample n of every group.
func nth(samples []uint8, group, n int) []uint8 {
	out := make([]uint8, 0, len(samples)/group)
	for ; len(samples) > 0; samples = samples[group:] {
		out = append(out, samples[n])
	}
	return out
}

// spreadGray makes gray three colours; what follows stays.
func spreadGray(samples []uint8, colours, kept int) []uint8 {
	if colours != 1 {
		return samples
	}
	out := make([]uint8, 0, len(samples)*(kept+2)/kept)
	for ; len(samples) > 0; samples = samples[kept:] {
		v := samples[0]
		out = append(append(out, v, v, v), samples[1:kept]...)
	}
	return out
}

// mapped looks colours up. Some writers give the table 8 bits where 16 are asked for.
func (l *layout) mapped(p *raster.Picture, indices []uint8) error {
	table := l.numbers(tagColorMap)
	n := 1 << l.bits
	if len(table) < 3*n {
		return errDamaged
	}
	shift := 0
	for _, v := range table {
		if v > 255 {
			shift = 8
		}
	}
	p.Pix = make([]uint8, 0, 3*len(indices))
	for _, i := range indices {
		at := int(i)
		p.Pix = append(p.Pix, uint8(table[at]>>shift), uint8(table[n+at]>>shift),
			uint8(table[2*n+at]>>shift))
	}
	return nil
}

// deep reads samples of more than 8 bits, signed ones and floats.
func (l *layout) deep(p *raster.Picture, c channels) error {
	if c.alpha != 0 && l.format == unsigned && l.bits == 16 && c.colours == 3 && !l.stacked() {
		return l.deepColours(p, c)
	}
	d := &raster.Deep{Width: l.width, Height: l.height, Channels: c.colours, High: 1}
	if l.format != floating {
		d.High = math.Ldexp(1, l.bits) - 1
	}
	offset := 0.0
	if l.format == signed {
		d.Low, d.High = -math.Ldexp(1, l.bits-1), math.Ldexp(1, l.bits-1)-1
		offset = math.Ldexp(1, l.bits)
	}
	get := l.float()
	if l.format != floating {
		whole := l.integer()
		get = func(row []byte, i int) float64 {
			v := float64(whole(row, i))
			if v > d.High { // a negative number
				v -= offset
			}
			return v
		}
	}
	set := d.Make(c.colours*l.width*l.height, l.format != floating && l.bits <= 16)
	if c.alpha != 0 {
		d.Alpha = make([]uint8, l.width*l.height)
	}
	err := l.samplesOf(c.kept(), func(pixel, channel int, row []byte, i int) {
		v := get(row, i)
		switch {
		case channel == c.colours:
			d.Alpha[pixel] = uint8(255 * min(max(v/d.High, 0), 1))
			return
		case l.photometric == whiteIsZero:
			v = d.Low + d.High - v
		}
		set(pixel*c.colours+channel, v)
	})
	if p.Deep = d; c.colours == 4 && !l.stacked() {
		p.Deep = mixed(d)
	}
	return err
}

// deepColours reads 16-bit colours with transparency, as the standard library keeps them.
func (l *layout) deepColours(p *raster.Picture, c channels) error {
	pix := make([]uint8, 8*l.width*l.height)
	err := l.samplesOf(4, func(pixel, channel int, row []byte, i int) {
		v := l.order.Uint16(row[2*i:])
		pix[8*pixel+2*channel], pix[8*pixel+2*channel+1] = uint8(v>>8), uint8(v)
	})
	rect, stride := image.Rect(0, 0, l.width, l.height), 8*l.width
	if c.alpha == associatedAlpha {
		p.Image = &image.RGBA64{Pix: pix, Stride: stride, Rect: rect}
	} else {
		p.Image = &image.NRGBA64{Pix: pix, Stride: stride, Rect: rect}
	}
	return err
}

// mixed makes inks colours.
func mixed(d *raster.Deep) *raster.Deep {
	out := *d
	out.Channels, out.Ints, out.Floats = 3, nil, nil
	n := d.Width * d.Height
	set := out.Make(3*n, d.Ints != nil)
	for i := range n {
		black := d.High - d.At(4*i+3)
		for c := range 3 {
			set(3*i+c, (d.High-d.At(4*i+c))*black/d.High)
		}
	}
	return &out
}
