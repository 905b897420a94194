package bmp

import (
	"encoding/binary"
	"errors"
	"fmt"
	"image/color"
	"math/bits"
	"slices"
)

const fileHeader = 14 // bytes before the header of the picture

// Lengths of headers.
const (
	headerOS2 = 12
	header3   = 40 // and later ones, which only add to it
	headerOS4 = 64 // of OS/2, whose compressions differ
)

var headerLengths = []int{headerOS2, header3, 52, 56, headerOS4, 108, 124}

// Compressions.
const (
	runs8  = 1
	runs4  = 2
	fields = 3
	jpeg   = 4
	png    = 5
	alphas = 6 // fields, of which the fourth is transparency
)

// header is what stands before the pixels.
type header struct {
	width, height int
	topDown       bool
	bits          int // of a pixel
	compression   int
	masks         [4]uint32 // of red, green, blue and transparency in a pixel
	palette       color.Palette
	pixels        []byte // up to the end of the file
}

var order = binary.LittleEndian

// readHeader reads it. The file has at least the length of the header.
func readHeader(data []byte) (*header, error) {
	length := int(order.Uint32(data[fileHeader:]))
	if !slices.Contains(headerLengths, length) {
		return nil, fmt.Errorf("a header of %d bytes is not read: save it as PNG", length)
	}
	if len(data) < fileHeader+length {
		return nil, errShort
	}
	h, number := new(header), 0
	body, behind := data[fileHeader:fileHeader+length], data[fileHeader+length:]
	if length == headerOS2 {
		h.width, h.height = int(order.Uint16(body[4:])), int(order.Uint16(body[6:]))
		h.bits = int(order.Uint16(body[10:]))
	} else {
		h.width, h.height = int(int32(order.Uint32(body[4:]))), int(int32(order.Uint32(body[8:])))
		h.topDown, h.height = h.height < 0, max(h.height, -h.height)
		h.bits, h.compression = int(order.Uint16(body[14:])), int(order.Uint32(body[16:]))
		number = int(order.Uint32(body[32:]))
	}
	if length == headerOS4 && h.compression > runs4 {
		return nil, fmt.Errorf("compression %d of OS/2 is not read: save it as PNG", h.compression)
	}
	behind, err := h.readMasks(body, behind)
	if err != nil {
		return nil, err
	}
	entry := 4
	if length == headerOS2 {
		entry = 3
	}
	h.readPalette(behind, entry, number)
	return h, h.find(data, len(data)-len(behind)+entry*len(h.palette))
}

// readMasks takes them from the header, or from behind a short one.
func (h *header) readMasks(body, behind []byte) ([]byte, error) {
	switch {
	case h.compression != fields && h.compression != alphas:
		if h.masks = [4]uint32{0xff0000, 0xff00, 0xff}; h.bits == 16 {
			h.masks = [4]uint32{0x7c00, 0x3e0, 0x1f}
		}
		return behind, nil
	case len(body) > header3:
		for i := range min(4, len(body[header3:])/4) {
			h.masks[i] = order.Uint32(body[header3+4*i:])
		}
	default:
		n := h.compression - fields // 0, or 3 where there is transparency
		if n = 3 + n/3; len(behind) < 4*n {
			return nil, errShort
		}
		for i := range n {
			h.masks[i] = order.Uint32(behind[4*i:])
		}
		behind = behind[4*n:]
	}
	if h.masks == [4]uint32{} && h.bits == 32 { // as Pillow has it
		h.masks = [4]uint32{0xff0000, 0xff00, 0xff, 0xff000000}
	}
	if h.bits != 32 {
		h.masks[3] = 0
	}
	return behind, nil
}

// readPalette takes the colours of a picture that has them, number of them, or all that its pixels
// can name.
func (h *header) readPalette(from []byte, entry, number int) {
	if h.bits > 8 {
		return
	}
	if number == 0 {
		number = 1 << h.bits
	}
	for number > len(h.palette) && len(h.palette) < 256 && len(from) >= entry {
		h.palette = append(h.palette, color.NRGBA{from[2], from[1], from[0], 255})
		from = from[entry:]
	}
}

// find takes the pixels from where the file says that they are. Some writers leave that out, or
// forget the palette.
func (h *header) find(data []byte, behind int) error {
	at := int(order.Uint32(data[10:]))
	if length := int(order.Uint32(data[fileHeader:])); at == 0 || at == fileHeader+length {
		at = behind
	}
	if at < fileHeader || at > len(data) {
		return errShort
	}
	h.pixels = data[at:]
	return nil
}

// check refuses what cannot be read, by name.
func (h *header) check() error {
	whole := slices.Contains([]int{1, 2, 4, 8, 16, 24, 32}, h.bits)
	switch c := h.compression; {
	case c == jpeg:
		return errors.New("a JPEG inside is not read: save it as JPEG")
	case c == png:
		return errors.New("a PNG inside is not read: save it as PNG")
	case !whole, c > alphas, c == runs8 && h.bits != 8, c == runs4 && h.bits != 4,
		(c == fields || c == alphas) && h.bits < 16:
		return fmt.Errorf("pixels of %d bits with compression %d are not read", h.bits, c)
	}
	for _, m := range h.masks {
		if m>>bits.TrailingZeros32(m)&(m>>bits.TrailingZeros32(m)+1) != 0 {
			return fmt.Errorf("mask %#x has gaps", m)
		}
	}
	return nil
}
