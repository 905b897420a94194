// Package bmp reads the Windows and OS/2 bitmaps that Pillow reads, to the same samples: headers of
// every length, 1 to 32 bits, palettes, masks, run lengths, rows from either end.
//
// Reading order: bmp.go (the way through), header.go (what stands before the pixels), pixels.go,
// runs.go (run lengths).
//
// The fourth byte of a pixel is transparency where a mask says so; in 16 bits there is none. No
// header is believed before its size passed the limit.
package bmp

import (
	"bytes"
	"errors"
	"fmt"

	"cmae/internal/dataset/raster"
)

// ErrSize is a picture above the limit, or without a pixel.
var ErrSize = errors.New("size")

var errShort = errors.New("file ends early")

// Is says whether data begins as a bitmap does.
func Is(data []byte) bool {
	return len(data) >= fileHeader+4 && bytes.HasPrefix(data, []byte("BM"))
}

// Decode reads a picture of at most maxPixels. With ErrSize the picture has the size alone.
func Decode(data []byte, maxPixels int) (*raster.Picture, error) {
	if !Is(data) {
		return nil, errors.New("no bitmap")
	}
	h, err := readHeader(data)
	if err != nil {
		return nil, err
	}
	p := &raster.Picture{Width: h.width, Height: h.height}
	if h.width < 1 || h.height < 1 || h.width > maxPixels/h.height {
		return p, fmt.Errorf("%w: %dx%d pixels", ErrSize, h.width, h.height)
	}
	if err := h.check(); err != nil {
		return nil, err
	}
	if !h.enough() {
		return nil, errShort
	}
	if h.bits <= 8 {
		return p, h.paletted(p)
	}
	h.colours(p)
	return p, nil
}
