package imagefile

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"slices"

	"cmae/internal/dataset/raster"
)

const (
	gifSignature  = "GIF8"
	gifScreen     = 13 // bytes up to the colours of the file
	gifDescriptor = 10 // bytes that describe a frame, with the one that begins it
	gifTable      = 0x80
	gifInterlaced = 0x40
	gifExtension  = 0x21
	gifControl    = 0xf9
	gifFrame      = 0x2c
	gifEnd        = 0x3b
	gifColours    = 3 * 256
)

// gifFile is what a GIF file says of itself and of its first frame.
type gifFile struct {
	width, height int             // of the canvas
	frame         image.Rectangle // on it
	interlaced    bool
	colours       []byte // of the frame, R, G, B
	transparent   int    // one of them, or -1
	codes         []byte // the pixels of the frame
	frames        int    // all there are
}

// decodeGIF puts the first frame on its canvas as Pillow does: what lies around the frame is
// transparent where the frame knows transparency, else of the first colour, and a frame that
// reaches beyond its canvas widens it.
func decodeGIF(data []byte, l Limits) (*raster.Picture, error) {
	g, err := readGIF(data)
	if g.width > 0 && g.height > 0 || err == nil {
		if err := l.check(g.width, g.height); err != nil {
			return nil, err
		}
	}
	var img *image.Paletted
	if err == nil {
		img, err = g.decode()
	}
	if err != nil {
		return nil, fmt.Errorf("damaged gif image: %w", err)
	}
	return &raster.Picture{
		Width: g.width, Height: g.height, Image: g.place(img), Frames: several(g.frames),
	}, nil
}

// readGIF walks through the blocks of a file. Behind the first frame it stops at what it does not
// understand, as only the number of frames is told.
func readGIF(data []byte) (g gifFile, err error) {
	short := errors.New("file ends early")
	if len(data) < gifScreen {
		return g, short
	}
	word := func(at int) int { return int(binary.LittleEndian.Uint16(data[at:])) }
	g.width, g.height, g.transparent = word(6), word(8), -1
	at := gifScreen + gifTableSize(data[10])
	colours := slice(data, gifScreen, at)
	for at < len(data) {
		switch {
		case data[at] == gifExtension && at+1 < len(data):
			if data[at+1] == gifControl && g.frames == 0 && at+7 < len(data) && data[at+3]&1 != 0 {
				g.transparent = int(data[at+6])
			}
			at = gifBlocks(data, at+2)
		case data[at] == gifFrame && at+gifDescriptor <= len(data):
			flags := data[at+9]
			table := at + gifDescriptor
			codes := table + gifTableSize(flags)
			end := gifBlocks(data, codes+1) // after the width of a code
			if g.frames++; g.frames == 1 {
				g.frame = image.Rect(0, 0, word(at+5), word(at+7)).Add(image.Pt(word(at+1), word(at+3)))
				g.width, g.height = max(g.width, g.frame.Max.X), max(g.height, g.frame.Max.Y)
				g.interlaced = flags&gifInterlaced != 0
				if g.colours = colours; flags&gifTable != 0 {
					g.colours = slice(data, table, codes)
				}
				g.codes = slice(data, codes, end)
			}
			at = end
		case g.frames == 0 && data[at] != gifEnd:
			at++ // as Pillow does
		default:
			at = len(data)
		}
	}
	if g.frame.Empty() {
		return g, errors.New("it has no frame")
	}
	return g, nil
}

// gifTableSize is how many bytes of colours the flags announce.
func gifTableSize(flags byte) int {
	if flags&gifTable == 0 {
		return 0
	}
	return 3 << (1 + flags&7)
}

// gifBlocks is where a list of blocks ends that begins at a place.
func gifBlocks(data []byte, at int) int {
	for at < len(data) && data[at] != 0 {
		at += 1 + int(data[at])
	}
	return at + 1
}

// slice is a part of data, or what there is of it.
func slice(data []byte, from, to int) []byte {
	return data[min(from, len(data)):min(to, len(data))]
}

// palette has all that a code can name. Without colours in the file codes are grays.
func (g *gifFile) palette() []byte {
	if len(g.colours) > 0 {
		return append(slices.Clone(g.colours), make([]byte, gifColours-len(g.colours))...)
	}
	var grays []byte
	for v := range 256 {
		grays = append(grays, byte(v), byte(v), byte(v))
	}
	return grays
}

// decode gives the frame alone. Go's decoder gets a file whose canvas is the frame.
func (g *gifFile) decode() (*image.Paletted, error) {
	width, height := uint16(g.frame.Dx()), uint16(g.frame.Dy())
	size := binary.LittleEndian.AppendUint16(nil, width)
	size = binary.LittleEndian.AppendUint16(size, height)
	palette := g.palette()
	one := append([]byte("GIF89a"), size...)
	one = append(append(one, gifTable|7, 0, 0), palette...)
	one = append(append(one, gifFrame, 0, 0, 0, 0), size...)
	if g.interlaced {
		one = append(one, gifInterlaced)
	} else {
		one = append(one, 0)
	}
	img, err := gif.Decode(bytes.NewReader(append(append(one, g.codes...), gifEnd)))
	if err != nil {
		return nil, err
	}
	frame, ok := img.(*image.Paletted)
	if !ok {
		return nil, errors.New("it has no palette")
	}
	if i := g.transparent; i >= 0 {
		frame.Palette[i] = color.NRGBA{palette[3*i], palette[3*i+1], palette[3*i+2], 0}
	}
	return frame, nil
}

// place puts the frame on the canvas.
func (g *gifFile) place(frame *image.Paletted) *image.Paletted {
	rect := image.Rect(0, 0, g.width, g.height)
	if g.frame == rect {
		return frame
	}
	canvas := image.NewPaletted(rect, frame.Palette)
	if g.transparent > 0 {
		for i := range canvas.Pix {
			canvas.Pix[i] = uint8(g.transparent)
		}
	}
	for y := range g.frame.Dy() {
		to := canvas.Pix[(g.frame.Min.Y+y)*canvas.Stride+g.frame.Min.X:]
		copy(to[:g.frame.Dx()], frame.Pix[y*frame.Stride:])
	}
	return canvas
}
