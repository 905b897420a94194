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

	"golang.org/x/image/webp"
)

// ErrSize is a picture above the limit, or without a pixel.
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

// alphaFlag is set where the container says that there is transparency.
const alphaFlag = 0x10

// Decode reads a picture of at most maxPixels. It is an *image.NRGBA where the file has
// transparency, else an opaque *image.RGBA: an animation has it where the container says so, a
// lossless picture where its own header does, a lossy one where either the container says so or
// there is a chunk of it. As in libwebp that chunk is opaque if the container does not say so.
func Decode(data []byte, maxPixels int) (image.Image, Info, error) {
	var info Info
	if !Is(data) {
		return nil, info, errors.New("no WebP file")
	}
	list := chunks(data[headerSize:])
	var first []byte
	flag := false
	for _, c := range list {
		switch {
		case c.id == "VP8X" && len(c.data) >= 10 && info.Width == 0:
			flag = c.data[0]&alphaFlag != 0
			info.Width, info.Height = 1+uint24(c.data[4:]), 1+uint24(c.data[7:])
		case c.id == "ANMF":
			if info.Frames++; info.Frames == 1 {
				first = c.data
			}
		}
	}
	var img *image.NRGBA
	var err error
	transparent := flag
	if first != nil {
		img, err = info.frame(first, maxPixels)
	} else {
		one := coded(list)
		if transparent = one.transparent(flag); !flag {
			one.alpha = chunk{}
		}
		img, err = info.still(one, maxPixels)
	}
	if err != nil {
		return nil, info, err
	}
	if !transparent {
		return opaque(img), info, nil
	}
	return img, info, nil
}

func uint24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }

// stream is one coded picture.
type stream struct{ bits, alpha chunk }

// coded finds the picture among chunks.
func coded(list []chunk) (s stream) {
	for _, c := range list {
		switch {
		case (c.id == "VP8 " || c.id == "VP8L") && s.bits.id == "":
			s.bits = c
		case c.id == "ALPH" && s.alpha.id == "" && s.bits.id == "":
			s.alpha = c
		}
	}
	return s
}

// transparent says whether it has transparency in a container with the flag or without.
func (s stream) transparent(flag bool) bool {
	if s.bits.id == "VP8L" {
		return len(s.bits.data) > 4 && s.bits.data[4]&0x10 != 0
	}
	return flag || s.alpha.id != ""
}

// decode gives the picture and its size. What the container says of it is made anew, as it may be
// wrong.
func (s stream) decode(maxPixels int) (*image.NRGBA, int, int, error) {
	file := contained(s.bits)
	config, err := webp.DecodeConfig(bytes.NewReader(file))
	if err != nil {
		return nil, 0, 0, err
	}
	width, height := config.Width, config.Height
	if width < 1 || height < 1 || width*height > maxPixels {
		return nil, width, height, fmt.Errorf("%w: %dx%d pixels", ErrSize, width, height)
	}
	if s.bits.id == "VP8 " && s.alpha.id != "" {
		header := make([]byte, 10)
		header[0] = alphaFlag
		for i := range 3 {
			header[4+i], header[7+i] = byte((width-1)>>(8*i)), byte((height-1)>>(8*i))
		}
		file = contained(chunk{"VP8X", header}, s.alpha, s.bits)
	}
	img, err := webp.Decode(bytes.NewReader(file))
	if err != nil {
		return nil, width, height, err
	}
	switch img := img.(type) {
	case *image.YCbCr:
		return convert(img, nil, 0), width, height, nil
	case *image.NYCbCrA:
		return convert(&img.YCbCr, img.A, img.AStride), width, height, nil
	case *image.NRGBA:
		return img, width, height, nil
	}
	return nil, width, height, fmt.Errorf("picture of type %T", img)
}

// still decodes a file of one picture, which must fill its canvas, if there is one.
func (i *Info) still(s stream, maxPixels int) (*image.NRGBA, error) {
	img, width, height, err := s.decode(maxPixels)
	if i.Width > 0 && width > 0 && (i.Width != width || i.Height != height) {
		return nil, errors.New("picture of another size than it says")
	}
	i.Width, i.Height = width, height
	return img, err
}

// opaque makes all pixels of a picture that.
func opaque(img *image.NRGBA) *image.RGBA {
	for i := 3; i < len(img.Pix); i += 4 {
		img.Pix[i] = 255
	}
	return &image.RGBA{Pix: img.Pix, Stride: img.Stride, Rect: img.Rect}
}

// frame decodes the first frame of an animation and puts it on the canvas, which is transparent and
// black.
func (i *Info) frame(data []byte, maxPixels int) (*image.NRGBA, error) {
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
	img, codedWidth, codedHeight, err := coded(chunks(data[frameHeader:])).decode(maxPixels)
	if codedWidth > 0 && (codedWidth != width || codedHeight != height) {
		return nil, errors.New("frame of another size than it says")
	}
	if err != nil || width == i.Width && height == i.Height {
		return img, err
	}
	canvas := image.NewNRGBA(image.Rect(0, 0, i.Width, i.Height))
	for row := range height {
		copy(canvas.Pix[canvas.PixOffset(x, y+row):], img.Pix[row*img.Stride:][:4*width])
	}
	return canvas, nil
}

// contained makes a file of chunks.
func contained(list ...chunk) []byte {
	body := []byte("WEBP")
	for _, c := range list {
		body = appendChunk(body, c)
	}
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
