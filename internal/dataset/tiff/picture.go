package tiff

import (
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
	var err error
	switch {
	case l.compression == packJPEG, l.compression == packOldJPEG, l.compression == packWebP:
		err = l.embedded(p, c)
	case l.photometric == yCbCr:
		return l.subsampled(p)
	case l.format == unsigned && l.bits <= 8:
		err = l.shallow(p, c)
	default:
		err = l.deep(p, c)
	}
	if err != nil {
		return err
	}
	return l.converted(p)
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
	get, put := l.integer(), l.bytes(p, c)
	var scale [256]uint8
	top := 1<<l.bits - 1
	for v := range top + 1 {
		if scale[v] = uint8(v * 255 / top); l.photometric == palette {
			scale[v] = uint8(v)
		}
	}
	return l.samplesOf(c.kept(), func(pixel, channel int, row []byte, i int) {
		put(pixel, channel, scale[get(row, i)])
	})
}

// deep reads samples of more than 8 bits, signed ones and floats.
func (l *layout) deep(p *raster.Picture, c channels) error {
	low, high, offset := 0., 1., 0.
	if l.format != floating {
		high = math.Ldexp(1, l.bits) - 1
	}
	if l.format == signed {
		low, high = -math.Ldexp(1, l.bits-1), math.Ldexp(1, l.bits-1)-1
		offset = math.Ldexp(1, l.bits)
	}
	get := l.float()
	if l.format != floating {
		whole := l.integer()
		get = func(row []byte, i int) float64 {
			v := float64(whole(row, i))
			if v > high { // a negative number
				v -= offset
			}
			return v
		}
	}
	put := l.words(p, c, low, high, l.format != floating && l.bits <= 16)
	return l.samplesOf(c.kept(), func(pixel, channel int, row []byte, i int) {
		put(pixel, channel, get(row, i))
	})
}
