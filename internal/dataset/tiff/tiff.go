// Package tiff reads the TIFF files that microscopes, scanners, satellites and print shops write:
// classic and Big, strips and tiles, interleaved and by planes, integers of 1 to 32 bits and
// floats, gray, palette, RGB, CMYK and YCbCr, uncompressed or packed by LZW, Deflate, PackBits, fax
// codes, JPEG, Zstandard or WebP, with predictors. The first page is read; bands besides the
// colours are left out unless all are asked for.
//
// Reading order: tiff.go (the way through), directory.go (tags), layout.go (what they mean),
// segments.go (strips and tiles), unpack.go (compression), fax.go with faxcodes.go, embedded.go
// (JPEG and WebP inside), predictor.go, samples.go (bits to samples), ycbcr.go, picture.go (samples
// to a picture), store.go (room for them), colours.go (palettes and inks), stack.go (pages that are
// channels).
//
// No tag is believed before its size passed the limit: a strip or tile is unpacked to what it may
// hold and no further, and directories that lead back end the list.
package tiff

import (
	"bytes"
	"errors"
	"fmt"

	"cmae/internal/dataset/raster"
)

// ErrSize is a picture above the limit, or without a pixel.
var ErrSize = errors.New("size")

// Is says whether data begins as a TIFF file does.
func Is(data []byte) bool {
	for _, magic := range []string{"II*\x00", "MM\x00*", "II+\x00", "MM\x00+"} {
		if bytes.HasPrefix(data, []byte(magic)) {
			return true
		}
	}
	return false
}

// Bands say which samples of a pixel are read. The zero value is colours, with transparency.
type Bands struct {
	// Channels is how many there shall be; all are read, as they are stored, and where a page has
	// one and there are as many pages, pages are the channels
	Channels int
	Alpha    bool // what is called transparency is a channel
}

// Decode reads the first page, of at most maxPixels. With ErrSize the picture has the size alone.
func Decode(data []byte, maxPixels int, b Bands) (*raster.Picture, error) {
	f, err := open(data)
	if err != nil {
		return nil, err
	}
	f.bands = b
	p, l, err := f.page(f.first, maxPixels)
	if err != nil {
		return p, err
	}
	p.Orientation = l.number(tagOrientation, 1)
	pages := f.pages()
	if len(pages) > 1 && len(pages) == b.Channels && l.samples == 1 && l.photometric != palette {
		return f.stack(p, pages, maxPixels)
	}
	if len(pages) > 1 {
		p.Pages = len(pages)
	}
	return p, nil
}

// page reads the page whose directory lies at an offset.
func (f *file) page(offset uint64, maxPixels int) (*raster.Picture, *layout, error) {
	d, err := f.directory(offset)
	if err != nil {
		return nil, nil, err
	}
	l, err := f.layout(d)
	if err != nil {
		return nil, nil, err
	}
	p := &raster.Picture{Width: l.width, Height: l.height}
	if l.width <= 0 || l.height <= 0 || l.width > maxPixels/l.height {
		return p, nil, fmt.Errorf("%w: %dx%d pixels", ErrSize, l.width, l.height)
	}
	if err := l.segments(); err != nil {
		return nil, nil, err
	}
	// a strip may be higher than the picture, a tile larger: their samples count as well
	if l.segmentWidth > 16*maxPixels/l.segmentHeight/(l.perPixel()*(l.bits+7)/8) {
		return p, nil, errors.New("strips or tiles beyond measure")
	}
	if err := l.picture(p); err != nil {
		return nil, nil, err
	}
	return p, l, nil
}
