package eightbit

import (
	"cmp"
	"errors"
	"fmt"
	"image"

	"cmae/internal/dataset/raster"
	"cmae/internal/report"
)

// BandsError is a picture with another number of channels than the settings ask for.
type BandsError struct {
	Has   int
	want  int
	alpha bool // it has transparency besides, that is no channel
}

func (e *BandsError) Error() string {
	besides, remedy := "", fmt.Sprintf("set data.channels to %d", e.Has)
	if e.alpha {
		besides = " and transparency"
		if e.Has+1 == e.want {
			remedy = "set data.alpha to band"
		}
	}
	return fmt.Sprintf(
		"has %s%s, but data.channels is %d: %s, or leave such files out", report.Count(e.Has, "band"),
		besides, e.want, remedy,
	)
}

// planes are a picture's samples as 8-bit values: channels interleaved, with transparency apart.
type planes struct {
	channels int
	pix      []uint8
	alpha    raster.Alpha
}

// bands takes the channels where they are not three, as they are stored; where transparency is none
// of them and shows the background, that is its mean.
func (c Converter) bands(s planes, found *Traits) (planes, error) {
	transparent := s.alpha.Values != nil
	if transparent && c.Alpha == AlphaBand {
		s, transparent = s.joined(), false
	}
	found.Bands = s.channels
	if s.channels != c.Channels {
		return planes{}, &BandsError{s.channels, c.Channels, transparent}
	}
	if transparent && c.blends() {
		found.add(Clear, s.clear())
		b := c.Background
		s.blend([]uint8{uint8((int(b[0]) + int(b[1]) + int(b[2])) / 3)})
	}
	return s, nil
}

// planes takes the samples out of a picture of any kind, as they are stored.
func (c Converter) planes(p *raster.Picture, found *Traits) (planes, error) {
	if p.Pix != nil {
		return planes{cmp.Or(p.Channels, 3), p.Pix, p.Alpha}, nil
	}
	if deep := p.Samples(); deep != nil {
		return c.deepPlanes(deep, found)
	}
	if img, ok := p.Image.(*image.Gray); ok {
		s := planes{channels: 1}
		for y := range p.Height {
			s.pix = append(s.pix, img.Pix[y*img.Stride:][:p.Width]...)
		}
		return s, nil
	}
	if pix, alpha, ok := straight(p.Image); ok {
		return planes{3, pix, raster.Alpha{Values: alpha}}, nil
	}
	return planes{3, toRGB(p.Image), p.Alpha}, nil
}

// gray takes one channel where all are the same.
func (s planes) gray(is bool) planes {
	if !is || s.channels != 3 {
		return s
	}
	one := make([]uint8, len(s.pix)/3)
	for i := range one {
		one[i] = s.pix[3*i]
	}
	return planes{1, one, s.alpha}
}

// joined has transparency as the last channel.
func (s planes) joined() planes {
	out := planes{channels: s.channels + 1}
	for i, a := range s.alpha.Values {
		out.pix = append(append(out.pix, s.pix[i*s.channels:(i+1)*s.channels]...), a)
	}
	return out
}

// blend shows the levels of a background behind transparent pixels, channel by channel or the same
// in all. Samples that were multiplied by more than their transparency are cut off at it, as Pillow
// does.
func (s planes) blend(background []uint8) {
	for i, a := range s.alpha.Values {
		if a == 255 {
			continue
		}
		a := int(a)
		for c := range s.channels {
			v, behind := int(s.pix[i*s.channels+c]), int(background[c%len(background)])*(255-a)
			if s.alpha.Associated {
				v = 255 * min(v, a)
			} else {
				v *= a
			}
			s.pix[i*s.channels+c] = uint8((v + behind + 127) / 255)
		}
	}
}

// clear says whether nearly all pixels are wholly transparent, over colours that differ: those are
// there to be seen, as in textures whose fourth band is something else.
func (s planes) clear() bool {
	opaque, differ := 0, false
	for i, a := range s.alpha.Values {
		if a != 0 {
			opaque++
			continue
		}
		for c := range s.channels {
			differ = differ || s.pix[i*s.channels+c] != s.pix[c]
		}
	}
	return differ && 100*opaque < len(s.alpha.Values)
}

// blends says whether the background shows behind transparent pixels.
func (c Converter) blends() bool { return c.Alpha != DropAlpha && c.Alpha != AlphaBand }

// deepPlanes stretches samples of more than 8 bits, each channel between its own black and white.
// Where the background will be seen behind them they are first made what they were before they were
// multiplied: black and white are those of colours.
func (c Converter) deepPlanes(deep *raster.Deep, found *Traits) (planes, error) {
	found.add(Deep, true)
	s := planes{deep.Channels, make([]uint8, deep.Len()), deep.Alpha}
	at := deep.At
	if s.alpha.Associated && c.blends() {
		s.alpha.Associated = false
		at = func(i int) float64 {
			a := float64(s.alpha.Values[i/s.channels])
			return deep.At(i) * 255 / max(a, 1)
		}
	}
	allFull, anyForeign, empty := true, false, 0
	for band := range deep.Channels {
		black, white, foreign := c.Stretch.of(deep, band)
		anyForeign = anyForeign || foreign
		allFull = allFull && black == deep.Low && white == deep.High
		value := eightBits(deep, black, white)
		for i := band; i < len(s.pix); i += deep.Channels {
			if deep.Empty(i) {
				empty++ // and black
			} else {
				s.pix[i] = value(at(i))
			}
		}
	}
	found.add(Dark, allFull && dark(deep))
	found.add(Foreign, anyForeign)
	found.add(Holes, empty > 0)
	if empty == deep.Len() {
		return s, errors.New("no sample is a number that was measured")
	}
	return s, nil
}

// onlyGrays says whether an image has a palette of grays alone, as gray BMP and GIF files do.
func onlyGrays(src image.Image) bool {
	img, ok := src.(*image.Paletted)
	if !ok {
		return false
	}
	for _, c := range img.Palette {
		if c := stored(c); c.R != c.G || c.G != c.B {
			return false
		}
	}
	return true
}

// colours are red, green and blue of the first channels; the first alone is gray.
func (s planes) colours() []uint8 {
	if s.channels == 3 {
		return s.pix
	}
	out := make([]uint8, 0, len(s.pix)/s.channels*3)
	for i := 0; i < len(s.pix); i += s.channels {
		p := s.pix[i : i+s.channels]
		if s.channels < 3 {
			out = append(out, p[0], p[0], p[0])
		} else {
			out = append(out, p[:3]...)
		}
	}
	return out
}

// colours is how many of the channels of a file stand for colours.
func colours(p *raster.Picture) int {
	gray := p.Gray
	if deep := p.Deep; deep != nil {
		gray = deep.Channels < 3
	}
	switch p.Image.(type) {
	case *image.Gray, *image.Gray16:
		gray = true
	}
	if gray || p.Channels == 1 || p.Channels == 2 {
		return 1
	}
	return 3
}
