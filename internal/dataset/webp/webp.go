// Package webp reads WebP files as libwebp does: lossy pictures are in the limited range of BT.601,
// with chroma interpolated, and an animation gives its first frame on its canvas. The bit streams
// are decoded by golang.org/x/image.
//
// Reading order: webp.go (the container), yuv.go.
package webp

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"

	"golang.org/x/image/webp"
)

// ErrSize is a picture above the limit.
var ErrSize = errors.New("size")

// Info is what the container says.
type Info struct {
	Width, Height int
	Frames        int // of an animation, else 0
}

// chunk is a part of the container.
type chunk struct {
	id   string
	data []byte
}

// chunks cuts a list of chunks into its parts. What ends early ends the list.
func chunks(data []byte) (list []chunk) {
	for len(data) >= 8 {
		n := int64(binary.LittleEndian.Uint32(data[4:]))
		if n > int64(len(data)-8) {
			return append(list, chunk{string(data[:4]), data[8:]})
		}
		list = append(list, chunk{string(data[:4]), data[8 : 8+n]})
		data = data[min(int64(len(data)), 8+n+n&1):]
	}
	return list
}

const headerSize = 12

// Is says whether data begins as a WebP file does.
func Is(data []byte) bool {
	return len(data) >= headerSize && string(data[:4]) == "RIFF" && string(data[8:12]) == "WEBP"
}

// Metadata gives what a file says in EXIF and in XMP, nil where it says nothing.
func Metadata(data []byte) (exif, xmp []byte) {
	if !Is(data) {
		return nil, nil
	}
	for _, c := range chunks(data[headerSize:]) {
		switch c.id {
		case "EXIF":
			exif = c.data
		case "XMP ":
			xmp = c.data
		}
	}
	return exif, xmp
}

// Decode reads a picture of at most maxPixels.
func Decode(data []byte, maxPixels int) (image.Image, Info, error) {
	var info Info
	var first []byte
	if !Is(data) {
		return nil, info, errors.New("no WebP file")
	}
	for _, c := range chunks(data[headerSize:]) {
		switch {
		case c.id == "VP8X" && len(c.data) >= 10 && info.Width == 0:
			info.Width, info.Height = 1+uint24(c.data[4:]), 1+uint24(c.data[7:])
		case c.id == "ANMF":
			if info.Frames++; info.Frames == 1 {
				first = c.data
			}
		}
	}
	if first != nil {
		img, err := info.frame(first, maxPixels)
		return img, info, err
	}
	img, err := still(data, maxPixels)
	if err != nil {
		return nil, info, err
	}
	info.Width, info.Height = img.Bounds().Dx(), img.Bounds().Dy()
	return img, info, nil
}

func uint24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }

// still decodes a file of one picture.
func still(data []byte, maxPixels int) (image.Image, error) {
	config, err := webp.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	if config.Width*config.Height > maxPixels {
		return nil, fmt.Errorf("%w: %dx%d pixels", ErrSize, config.Width, config.Height)
	}
	img, err := webp.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	switch img := img.(type) {
	case *image.YCbCr:
		return convert(img, nil, 0), nil
	case *image.NYCbCrA:
		return convert(&img.YCbCr, img.A, img.AStride), nil
	}
	return img, nil
}

// frame decodes the first frame of an animation and puts it on the canvas.
func (i *Info) frame(data []byte, maxPixels int) (image.Image, error) {
	const frameHeader = 16
	if len(data) < frameHeader || i.Width == 0 {
		return nil, errors.New("damaged animation")
	}
	if i.Width*i.Height > maxPixels {
		return nil, fmt.Errorf("%w: %dx%d pixels", ErrSize, i.Width, i.Height)
	}
	x, y := 2*uint24(data), 2*uint24(data[3:])
	width, height := 1+uint24(data[6:]), 1+uint24(data[9:])
	if x+width > i.Width || y+height > i.Height {
		return nil, errors.New("frame outside its canvas")
	}
	img, err := still(alone(data[frameHeader:], width, height), maxPixels)
	if err != nil {
		return nil, err
	}
	if img.Bounds().Dx() != width || img.Bounds().Dy() != height {
		return nil, errors.New("frame of another size than it says")
	}
	if width == i.Width && height == i.Height {
		return img, nil
	}
	canvas := image.NewNRGBA(image.Rect(0, 0, i.Width, i.Height))
	draw.Draw(canvas, canvas.Rect, image.NewUniform(color.NRGBA{}), image.Point{}, draw.Src)
	draw.Draw(canvas, image.Rect(x, y, x+width, y+height), img, img.Bounds().Min, draw.Src)
	return canvas, nil
}

// alone makes a file of the chunks of a frame.
func alone(parts []byte, width, height int) []byte {
	var alpha bool
	var body []byte
	for _, c := range chunks(parts) {
		switch c.id {
		case "ALPH", "VP8 ", "VP8L":
			alpha = alpha || c.id == "ALPH"
			body = appendChunk(body, c)
		}
	}
	flags := make([]byte, 10)
	if alpha {
		flags[0] = 0x10
	}
	put := func(at, v int) {
		flags[at], flags[at+1], flags[at+2] = byte(v), byte(v>>8), byte(v>>16)
	}
	put(4, width-1)
	put(7, height-1)
	body = append(appendChunk([]byte("WEBP"), chunk{"VP8X", flags}), body...)
	return appendChunk(nil, chunk{"RIFF", body})
}

func appendChunk(to []byte, c chunk) []byte {
	to = append(to, c.id...)
	to = binary.LittleEndian.AppendUint32(to, uint32(len(c.data)))
	if to = append(to, c.data...); len(c.data)%2 == 1 {
		to = append(to, 0)
	}
	return to
}
