// Package imagefile reads one image file to a picture, whatever it is called and however it is
// stored: by its first bytes it finds the decoder, reads which way up the picture was taken, and
// survives whatever the file holds.
//
// Reading order: imagefile.go (which decoder), standard.go (what Go's decoders read), gif.go (the
// first frame on its canvas), metadata.go (which way up); room.go (many files at a time in bounded
// memory). The other formats are packages of their own: bmp, jpeg, webp, tiff, netpbm, npy, heif.
package imagefile

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"

	"cmae/internal/dataset/bmp"
	"cmae/internal/dataset/heif"
	"cmae/internal/dataset/jpeg"
	"cmae/internal/dataset/netpbm"
	"cmae/internal/dataset/npy"
	"cmae/internal/dataset/raster"
	"cmae/internal/dataset/tiff"
	"cmae/internal/dataset/webp"
)

// Limits bound what a file may ask for.
type Limits struct {
	MaxPixels int        // largest picture, width times height
	Channels  int        // that a picture shall have; 0 and 3 for colours
	Bands     bool       // transparency is one of them
	HEIF      *heif.Pool // processes for HEIC and AVIF; nil starts one for each file
}

// TooLarge is the error of a picture with more pixels than Limits allow.
type TooLarge struct{ Width, Height, MaxPixels int }

func (e *TooLarge) Error() string {
	return fmt.Sprintf(
		"image of %dx%d pixels exceeds data.max_pixels %d", e.Width, e.Height, e.MaxPixels,
	)
}

// Decode reads a file. Its errors are one line, without the name of the file. A decoder's panic is
// the file's fault, not ours.
func Decode(data []byte, l Limits) (p *raster.Picture, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			p, err = nil, fmt.Errorf("decoder gave up: %v", cause)
		}
	}()
	if len(data) == 0 {
		return nil, fmt.Errorf("empty file")
	}
	switch {
	case bytes.HasPrefix(data, []byte("\xff\xd8")):
		p, err = decodeJPEG(data, l)
	case bytes.HasPrefix(data, []byte(gifSignature)):
		p, err = decodeGIF(data, l)
	case bmp.Is(data):
		p, err = bmp.Decode(data, l.MaxPixels)
		p, err = l.explain("bmp", p, err, bmp.ErrSize)
	case webp.Is(data):
		p, err = decodeWebP(data, l)
	case heif.Kind(data) != "":
		pool := l.HEIF
		if pool == nil {
			pool = new(heif.Pool)
			defer pool.Close()
		}
		p, err = pool.Decode(data, l.MaxPixels)
		p, err = l.explain(heif.Kind(data), p, err, heif.ErrSize)
	case tiff.Is(data):
		p, err = tiff.Decode(data, l.MaxPixels, tiff.Bands{Channels: l.stack(), Alpha: l.Bands})
		p, err = l.explain("tiff", p, err, tiff.ErrSize)
	case netpbm.Is(data):
		p, err = netpbm.Decode(data, l.MaxPixels)
		p, err = l.explain("netpbm", p, err, netpbm.ErrSize)
	case npy.Is(data):
		p, err = npy.Decode(data, l.channels(), l.MaxPixels)
		p, err = l.explain("npy", p, err, npy.ErrSize)
	default:
		p, err = decodeStandard(data, l)
	}
	if err != nil {
		return nil, err
	}
	// decoded pictures may differ from their headers: Go decodes a JPEG of height 0 without
	// complaint
	if err := l.check(p.Width, p.Height); err != nil {
		return nil, err
	}
	if p.Orientation == 0 {
		p.Orientation = orientation(data)
	}
	return p, nil
}

// channels are those asked for.
func (l Limits) channels() int { return cmp.Or(l.Channels, 3) }

// stack is channels where all bands of a file are wanted as they are stored, else 0.
func (l Limits) stack() int {
	if l.channels() == 3 {
		return 0
	}
	return l.Channels
}

// explain puts a decoder's error in words; one of size is told as for all others.
func (l Limits) explain(
	format string, p *raster.Picture, err, size error,
) (*raster.Picture, error) {
	if errors.Is(err, size) {
		if err := l.check(p.Width, p.Height); err != nil {
			return nil, err
		}
	}
	if errors.Is(err, heif.ErrMissing) {
		return nil, fmt.Errorf("%s image: %w", format, err)
	}
	if err != nil {
		return nil, fmt.Errorf("damaged %s image: %w", format, err)
	}
	return p, nil
}

// check refuses empty and oversized pictures.
func (l Limits) check(width, height int) error {
	if width <= 0 || height <= 0 {
		return fmt.Errorf("image of %dx%d pixels is empty", width, height)
	}
	if int64(width)*int64(height) > int64(l.MaxPixels) || width > l.MaxPixels ||
		height > l.MaxPixels {
		return &TooLarge{width, height, l.MaxPixels}
	}
	return nil
}

// decodeJPEG leaves files without subsampled chroma, coded in the common ways, to Go's decoder, and
// reads all others as libjpeg does.
func decodeJPEG(data []byte, l Limits) (*raster.Picture, error) {
	o := jpeg.Options{MaxPixels: l.MaxPixels}
	h, err := jpeg.ReadHeader(data, o)
	if h.Width > 0 || h.Height > 0 {
		if err := l.check(h.Width, h.Height); err != nil {
			return nil, err
		}
	}
	if err == nil && h.Plain && !h.Subsampled {
		if p, err := decodeStandard(data, l); err == nil {
			return p, nil
		}
	}
	var f *jpeg.Frame
	if err == nil {
		f, err = jpeg.Decode(data, o)
	}
	if err != nil {
		return nil, fmt.Errorf("damaged jpeg image: %w", err)
	}
	p := &raster.Picture{Width: f.Width, Height: f.Height}
	switch {
	case f.Components == 4 && f.Precision != 8:
		return nil, errors.New("jpeg image of four inks and more than 8 bits: convert it to RGB")
	case f.Components == 4:
		p.Image = f.Inks()
	case f.Precision == 8:
		p.Pix, p.Gray = f.Pix(), f.Components == 1
	default:
		p.Deep = &raster.Deep{
			Width: f.Width, Height: f.Height, Channels: f.Components, Ints: f.Deep(),
			High: float64(int(1)<<f.Precision - 1),
		}
	}
	return p, nil
}

func decodeWebP(data []byte, l Limits) (*raster.Picture, error) {
	img, info, err := webp.Decode(data, l.MaxPixels)
	if errors.Is(err, webp.ErrSize) {
		if err := l.check(info.Width, info.Height); err != nil {
			return nil, err
		}
	}
	if err != nil {
		return nil, fmt.Errorf("damaged webp image: %w", err)
	}
	p := &raster.Picture{Width: info.Width, Height: info.Height, Image: img}
	if info.Frames > 1 {
		p.Frames = info.Frames
	}
	return p, nil
}

// Kind names the format that a file begins like, as an extension has it, or is empty.
func Kind(data []byte) string {
	for _, k := range []struct{ magic, kind string }{
		{"\xff\xd8\xff", "jpg"}, {pngSignature, "png"}, {gifSignature, "gif"}, {"BM", "bmp"},
	} {
		if bytes.HasPrefix(data, []byte(k.magic)) {
			return k.kind
		}
	}
	switch {
	case webp.Is(data):
		return "webp"
	case tiff.Is(data):
		return "tif"
	case netpbm.Is(data):
		return "ppm"
	case npy.Is(data):
		return "npy"
	}
	return heif.Kind(data)
}
