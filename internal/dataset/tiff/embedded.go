package tiff

import (
	"errors"
	"fmt"
	"image"

	"cmae/internal/dataset/jpeg"
	"cmae/internal/dataset/raster"
	"cmae/internal/dataset/webp"
)

// embedded reads strips and tiles that are JPEG or WebP pictures of their own.
func (l *layout) embedded(p *raster.Picture, c channels) error {
	out := &parts{layout: l, kept: c, picture: p}
	if l.compression == packOldJPEG {
		return out.oldJPEG()
	}
	planes := 1
	if l.planar {
		planes = l.samples
	}
	across, down := l.across(), l.down()
	for i := range planes * across * down {
		place, plane := i%(across*down), i/(across*down)
		x, y := place%across*l.segmentWidth, place/across*l.segmentHeight
		if plane >= c.kept() {
			break
		}
		data := l.stored(i, 0)
		if data == nil {
			return fmt.Errorf("row %d of %d: file ends early", y, l.height)
		}
		one, err := l.part(data)
		if err == nil {
			err = out.paste(one, plane, x, y)
		}
		if err != nil {
			return fmt.Errorf("row %d of %d: %w", y, l.height, err)
		}
	}
	return nil
}

// part is a decoded strip or tile: perPixel samples a pixel, of 8 bits or of any other number.
type part struct {
	width, height, precision int
	bytes                    func(i, sample int) uint8
	words                    func(i, sample int) uint16
}

// part decodes a strip or tile.
func (l *layout) part(data []byte) (*part, error) {
	most := l.segmentWidth * (l.segmentHeight + 16) // some writers fill up the last strip
	if l.compression == packWebP {
		return l.webP(data, most)
	}
	o := jpeg.Options{MaxPixels: most, Tables: l.jpegTables, Space: jpeg.Gray}
	switch {
	case l.planar:
	case l.photometric == yCbCr:
		o.Space = jpeg.YCbCr
	case l.photometric == colours:
		o.Space = jpeg.RGB
	case l.photometric == separated:
		o.Space = jpeg.CMYK
	}
	f, err := jpeg.Decode(data, o)
	if err != nil {
		return nil, err
	}
	n := f.Components
	if n != l.perPixel() || l.photometric == yCbCr && n != 3 {
		return nil, fmt.Errorf(
			"JPEG of %d components for %d samples is not read: save it with another compression, "+
				"such as deflate", n, l.samples,
		)
	}
	one := &part{width: f.Width, height: f.Height, precision: f.Precision}
	switch {
	case f.Precision == 8 && o.Space == jpeg.YCbCr:
		pix := f.Pix()
		one.bytes = func(i, sample int) uint8 { return pix[3*i+sample] }
	case f.Precision == 8:
		one.bytes = func(i, sample int) uint8 { return f.Samples8[sample][i] }
	default:
		deep := f.Deep()
		one.words = func(i, sample int) uint16 { return deep[n*i+sample] }
	}
	return one, nil
}

// webP decodes a strip or tile of three samples a pixel, or of four, whatever the fourth is called.
func (l *layout) webP(data []byte, most int) (*part, error) {
	switch n := l.perPixel(); {
	case !webp.Is(data):
		return nil, errors.New("no WebP picture")
	case n != 3 && n != 4:
		return nil, fmt.Errorf(
			"WebP of %d samples is not read: save it with another compression, such as deflate", n,
		)
	}
	img, info, err := webp.Decode(data, most)
	if err != nil {
		return nil, err
	}
	one := &part{width: info.Width, height: info.Height, precision: 8}
	var pix []uint8
	switch img := img.(type) {
	case *image.NRGBA:
		pix = img.Pix
	case *image.RGBA:
		pix = img.Pix
	}
	one.bytes = func(i, sample int) uint8 { return pix[4*i+sample] }
	return one, nil
}

// parts puts strips and tiles together.
type parts struct {
	layout    *layout
	kept      channels
	picture   *raster.Picture
	precision int // of the first
	bytes     func(pixel, channel int, v uint8)
	words     func(pixel, channel int, v float64)
}

// paste puts a part in its place: all channels that are kept, or one plane.
func (p *parts) paste(one *part, plane, x, y int) error {
	l := p.layout
	wide, high := l.width-x, l.height-y
	width, height := min(one.width, wide), min(one.height, high, l.segmentHeight)
	if width < min(l.segmentWidth, wide) || height < min(l.segmentHeight, high) {
		return errors.New("a strip or tile is smaller than it says")
	}
	switch {
	case p.precision == 0 && one.precision == 8:
		p.bytes = l.bytes(p.picture, p.kept)
	case p.precision == 0:
		top := float64(int(1)<<one.precision - 1)
		p.words = l.words(p.picture, p.kept, 0, top, true)
	case p.precision != one.precision:
		return errors.New("strips or tiles differ in kind")
	}
	p.precision = one.precision
	first, n := plane, 1
	if !l.planar {
		n = p.kept.kept()
	}
	for row := range height {
		from, to := row*one.width, (y+row)*l.width+x
		for i := range width {
			for sample := range n {
				if one.bytes != nil {
					p.bytes(to+i, first+sample, one.bytes(from+i, sample))
				} else {
					p.words(to+i, first+sample, float64(one.words(from+i, sample)))
				}
			}
		}
	}
	return nil
}

// oldJPEG reads the first way of JPEG in TIFF where it holds a whole stream, as most of these files
// do.
func (p *parts) oldJPEG() error {
	l := p.layout
	l.planar = false // whatever it says
	start, n := l.number(tagJPEGStream, 0), l.number(tagJPEGStreamCount, 0)
	data := l.at(uint64(start), uint64(n))
	if n == 0 && start > 0 && start < len(l.data) {
		data = l.data[start:]
	}
	if len(data) == 0 && len(l.offsets) == 1 && len(l.counts) == 1 {
		data = l.at(uint64(l.offsets[0]), uint64(l.counts[0]))
	}
	l.segmentWidth, l.segmentHeight = l.width, l.height
	one, err := l.part(data)
	if err != nil {
		return fmt.Errorf(
			"old JPEG in TIFF: %w: save it with another compression, such as deflate", err,
		)
	}
	return p.paste(one, 0, 0, 0)
}
