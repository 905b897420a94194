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
func (l *layout) embedded(p *raster.Picture) error {
	if l.compression == packOldJPEG {
		return l.oldJPEG(p)
	}
	if l.planar && l.samples > 1 {
		return errors.New("JPEG or WebP by planes is not read")
	}
	for i := range l.across() * l.down() {
		data := l.at(uint64(l.offsets[i]), uint64(l.counts[i]))
		x, y := i%l.across()*l.segmentWidth, i/l.across()*l.segmentHeight
		if data == nil {
			return fmt.Errorf("row %d of %d: file ends early", y, l.height)
		}
		part, err := l.part(data)
		if err != nil {
			return fmt.Errorf("row %d of %d: %w", y, l.height, err)
		}
		if err := l.paste(p, part, x, y); err != nil {
			return err
		}
	}
	return nil
}

// part decodes a strip or tile.
func (l *layout) part(data []byte) (*raster.Picture, error) {
	most := l.segmentWidth * (l.segmentHeight + 16) // some writers fill up the last strip
	if l.compression == packWebP {
		if !webp.Is(data) {
			return nil, errors.New("no WebP picture")
		}
		img, info, err := webp.Decode(data, most)
		return &raster.Picture{Width: info.Width, Height: info.Height, Image: img}, err
	}
	o := jpeg.Options{MaxPixels: most, Tables: l.jpegTables}
	switch l.photometric {
	case yCbCr:
		o.Space = jpeg.YCbCr
	case colours:
		o.Space = jpeg.RGB
	case separated:
		o.Space = jpeg.CMYK
	default:
		o.Space = jpeg.Gray
	}
	f, err := jpeg.Decode(data, o)
	if err != nil {
		return nil, err
	}
	p := &raster.Picture{Width: f.Width, Height: f.Height}
	switch {
	case f.Components == 4 && f.Precision == 8 && l.photometric == separated:
		f.Inverted = false // TIFF says itself what inks are
		p.Image = f.Inks()
	case f.Components != 1 && f.Components != 3:
		return nil, fmt.Errorf("JPEG of %d components", f.Components)
	case f.Precision == 8:
		p.Gray = f.Components == 1
		if p.Pix = f.Pix(); l.photometric == whiteIsZero {
			for i, v := range p.Pix {
				p.Pix[i] = ^v
			}
		}
	default:
		p.Deep = &raster.Deep{
			Width: f.Width, Height: f.Height, Channels: f.Components, Ints: f.Deep(),
			High: float64(int(1)<<f.Precision - 1),
		}
	}
	return p, nil
}

// paste puts a strip or tile in its place.
func (l *layout) paste(p, part *raster.Picture, x, y int) error {
	width, height := min(part.Width, l.width-x), min(part.Height, l.height-y, l.segmentHeight)
	if width < min(l.segmentWidth, l.width-x) || height < min(l.segmentHeight, l.height-y) {
		return errors.New("a strip or tile is smaller than it says")
	}
	switch {
	case part.Pix != nil:
		if p.Pix == nil {
			p.Pix, p.Gray = make([]uint8, 3*l.width*l.height), part.Gray
		}
		return copyRows(p.Pix, part.Pix, l.width, part.Width, 3, x, y, width, height)
	case part.Deep != nil:
		d := part.Deep
		if p.Deep == nil {
			whole := *d
			whole.Width, whole.Height = l.width, l.height
			whole.Ints = make([]uint16, d.Channels*l.width*l.height)
			p.Deep = &whole
		}
		if p.Deep.Channels != d.Channels || p.Deep.High != d.High {
			break
		}
		return copyRows(p.Deep.Ints, d.Ints, l.width, part.Width, d.Channels, x, y, width, height)
	}
	if p.Pix != nil || p.Deep != nil {
		return errors.New("strips or tiles differ in kind")
	}
	rect := image.Rect(0, 0, l.width, l.height)
	switch img := part.Image.(type) {
	case *image.CMYK:
		if p.Image == nil {
			p.Image = image.NewCMYK(rect)
		}
		if whole, ok := p.Image.(*image.CMYK); ok {
			return copyRows(whole.Pix, img.Pix, l.width, part.Width, 4, x, y, width, height)
		}
	case *image.NRGBA:
		if p.Image == nil {
			p.Image = image.NewNRGBA(rect)
		}
		if whole, ok := p.Image.(*image.NRGBA); ok {
			return copyRows(whole.Pix, img.Pix, l.width, part.Width, 4, x, y, width, height)
		}
	}
	return errors.New("strips or tiles differ in kind")
}

// copyRows copies a rectangle of pixels of n samples.
func copyRows[T uint8 | uint16](
	to, from []T, toWidth, fromWidth, n, x, y, width, height int,
) error {
	for row := range height {
		at := n * ((y+row)*toWidth + x)
		copy(to[at:at+n*width], from[n*row*fromWidth:])
	}
	return nil
}

// oldJPEG reads the first way of JPEG in TIFF where it holds a whole stream, as most of these files
// do.
func (l *layout) oldJPEG(p *raster.Picture) error {
	start, n := l.number(tagJPEGStream, 0), l.number(tagJPEGStreamCount, 0)
	data := l.at(uint64(start), uint64(n))
	if n == 0 && start > 0 && start < len(l.data) {
		data = l.data[start:]
	}
	if len(data) == 0 && len(l.offsets) == 1 && len(l.counts) == 1 {
		data = l.at(uint64(l.offsets[0]), uint64(l.counts[0]))
	}
	l.segmentWidth, l.segmentHeight = l.width, l.height
	part, err := l.part(data)
	if err != nil {
		return fmt.Errorf(
			"old JPEG in TIFF: %w: save it with another compression, such as deflate", err,
		)
	}
	return l.paste(p, part, 0, 0)
}
