package dataset

import (
	"fmt"
	"image"

	"cmae/internal/dataset/raster"
	"cmae/internal/report"
)

// bandsError is a file with another number of channels than the settings ask for.
type bandsError struct {
	has, want int
	alpha     bool // it has transparency besides, that is no channel
}

func (e *bandsError) Error() string {
	besides, remedy := "", fmt.Sprintf("set data.channels to %d", e.has)
	if e.alpha {
		besides = " and transparency"
		if e.has+1 == e.want {
			remedy = "set data.alpha to band"
		}
	}
	return fmt.Sprintf(
		"has %s%s, but data.channels is %d: %s, or leave such files out", report.Count(e.has, "band"),
		besides, e.want, remedy,
	)
}

// planes are a picture's samples as 8-bit values: channels interleaved, with transparency apart.
type planes struct {
	channels int
	pix      []uint8
	alpha    []uint8 // nil where the file has none
}

// bands converts a picture for a number of channels other than three. Channels are as they are
// stored; where transparency is none of them and shows the background, that is its mean.
func (d decoder) bands(p *raster.Picture, found *traits) (Image, error) {
	s := d.planes(p, found)
	found.bands = s.channels
	if s.alpha != nil && d.alpha == AlphaBand {
		s = s.joined()
		found.bands = s.channels
	}
	if s.channels != d.channels {
		return Image{}, &bandsError{s.channels, d.channels, s.alpha != nil}
	}
	if s.alpha != nil && d.alpha == BlendAlpha {
		b := d.background
		s.blend((int(b[0]) + int(b[1]) + int(b[2])) / 3)
	}
	return Image{Width: p.Width, Height: p.Height, Pix: s.pix}, nil
}

// planes takes the samples out of a picture of any kind.
func (d decoder) planes(p *raster.Picture, found *traits) planes {
	if p.Pix != nil {
		s := planes{max(p.Channels, 1), p.Pix, p.Alpha}
		if p.Channels == 0 {
			s.channels = 3
		}
		return s.gray(p.Gray)
	}
	if deep := p.Samples(); deep != nil {
		found.add(Deep, true)
		return d.deepPlanes(deep, found).gray(p.Gray)
	}
	if img, ok := p.Image.(*image.Gray); ok {
		s := planes{channels: 1}
		for y := range p.Height {
			s.pix = append(s.pix, img.Pix[y*img.Stride:][:p.Width]...)
		}
		return s
	}
	s := planes{channels: 3, alpha: alphaOf(p.Image)}
	if img, ok := withoutAlpha(p.Image); ok && s.alpha != nil {
		s.pix = img.Pix
	} else {
		s.pix = toRGB(p.Image, d.background).Pix
	}
	return s.gray(p.Gray || onlyGrays(p.Image))
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
	for i, a := range s.alpha {
		out.pix = append(append(out.pix, s.pix[i*s.channels:(i+1)*s.channels]...), a)
	}
	return out
}

// blend shows a level behind transparent pixels.
func (s planes) blend(behind int) {
	for i := range s.pix {
		a := int(s.alpha[i/s.channels])
		s.pix[i] = uint8((int(s.pix[i])*a + behind*(255-a) + 127) / 255)
	}
}

// deepPlanes stretches samples of more than 8 bits, each channel between its own black and white.
func (d decoder) deepPlanes(deep *raster.Deep, found *traits) planes {
	s := planes{deep.Channels, make([]uint8, deep.Len()), deep.Alpha}
	allFull := true
	for c := range deep.Channels {
		black, white := d.levels.of(deep, c)
		full := black == deep.Low && white == deep.High
		allFull = allFull && full
		value := eightBits(deep, black, white)
		for i := c; i < len(s.pix); i += deep.Channels {
			s.pix[i] = value(i)
		}
	}
	found.add(Dark, allFull && dark(deep))
	return s
}

// alphaOf is the transparency of an image, nil for one of a kind that has none.
func alphaOf(src image.Image) (alpha []uint8) {
	var pix []uint8
	stride, step := 0, 4
	switch src := src.(type) {
	case *image.NRGBA:
		pix, stride = src.Pix[3:], src.Stride
	case *image.NRGBA64:
		pix, stride, step = src.Pix[6:], src.Stride, 8
	default:
		return nil
	}
	b := src.Bounds()
	for y := range b.Dy() {
		for x := range b.Dx() {
			alpha = append(alpha, pix[y*stride+step*x])
		}
	}
	return alpha
}

// onlyGrays says whether an image has a palette of opaque grays alone, as gray BMP and GIF files
// do.
func onlyGrays(src image.Image) bool {
	img, ok := src.(*image.Paletted)
	if !ok {
		return false
	}
	for _, c := range img.Palette {
		if r, g, b, a := c.RGBA(); r != g || g != b || a != 0xffff {
			return false
		}
	}
	return true
}

// colours are red, green and blue of the first channels; the first alone is gray.
func (s planes) colours() []uint8 {
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
