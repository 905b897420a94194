package heif

import (
	"bytes"
	"errors"
	"fmt"

	"cmae/internal/dataset/raster"
)

// ErrSize is a picture above the limit, or without a pixel.
var ErrSize = errors.New("size")

// ErrMissing is what errors.Is finds where the machine lacks what a file needs; the error says what
// to do about it.
var ErrMissing = errors.New("needs libheif, which this machine lacks: install it " +
	"(apt-get install libheif1; on Debian 13 also libheif-plugin-dav1d and " +
	"libheif-plugin-libde265), name a libheif.so in " + LibraryVariable +
	", or save the image as JPEG or PNG")

// lack is an ErrMissing of a library that lacks a decoder.
type lack string

func (l lack) Error() string { return string(l) }

// Is makes every lack an ErrMissing.
func (l lack) Is(target error) bool { return target == ErrMissing }

// brands are those of still pictures, by the format that they begin.
var brands = map[string]string{
	"heic": "heic", "heix": "heic", "heim": "heic", "heis": "heic", "hevc": "heic", "hevx": "heic",
	"mif1": "heic", "msf1": "heic", "avif": "avif", "avis": "avif",
}

// Kind is "heic" or "avif" by the first bytes of a file, or empty. Files of the general brand are
// either; it is told from the others that they name.
func Kind(data []byte) string {
	if len(data) < 16 || string(data[4:8]) != "ftyp" {
		return ""
	}
	kind := brands[string(data[8:12])]
	size := int(data[2])<<8 | int(data[3])
	if kind != "" && bytes.Contains(data[8:min(len(data), max(size, 12))], []byte("avif")) {
		return "avif"
	}
	return kind
}

// moving says whether a file is called a sequence.
func moving(data []byte) bool {
	brand := string(data[8:12])
	return brand == "avis" || brand == "hevc" || brand == "msf1"
}

// Decode reads a picture of at most maxPixels. With ErrSize the picture has the size alone.
func (p *Pool) Decode(data []byte, maxPixels int) (*raster.Picture, error) {
	w, err := p.take(maxPixels)
	if err != nil {
		return nil, err
	}
	c, err := w.decode(data, maxPixels)
	p.give(w, err)
	if err != nil {
		return nil, err
	}
	picture := &raster.Picture{Width: int(c.Width), Height: int(c.Height)}
	if int64(c.Width)*int64(c.Height) > int64(maxPixels) || c.Width < 1 || c.Height < 1 {
		return picture, fmt.Errorf("%w: %dx%d pixels", ErrSize, c.Width, c.Height)
	}
	if err := c.picture(picture); err != nil {
		return nil, err
	}
	if moving(data) {
		picture.Frames = 2 // or more: they are not counted
	}
	return picture, nil
}
