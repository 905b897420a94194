package bmp

import (
	"image"
	"image/color"
	"math/bits"

	"cmae/internal/dataset/raster"
)

// stride is how far rows lie apart, up to whole words, and used what of that holds pixels.
func (h *header) stride() (stride, used int) {
	return (h.width*h.bits + 31) / 32 * 4, (h.width*h.bits + 7) / 8
}

// enough says whether all rows are there. The last may lack what fills it up.
func (h *header) enough() bool {
	stride, used := h.stride()
	return h.packed() || len(h.pixels) >= (h.height-1)*stride+used
}

// packed says whether pixels are run lengths.
func (h *header) packed() bool { return h.compression == runs8 || h.compression == runs4 }

// rows hands out rows of pixels, with where they are in the picture.
func (h *header) rows(visit func(y int, row []byte)) {
	stride, used := h.stride()
	for i := range h.height {
		visit(h.line(i), h.pixels[i*stride:][:used])
	}
}

// line is where row i of the file is in the picture.
func (h *header) line(i int) int {
	if h.topDown {
		return i
	}
	return h.height - 1 - i
}

// paletted reads indices. Those without a colour are black.
func (h *header) paletted(p *raster.Picture) error {
	for len(h.palette) < 1<<h.bits {
		h.palette = append(h.palette, color.NRGBA{A: 255})
	}
	img := image.NewPaletted(image.Rect(0, 0, h.width, h.height), h.palette)
	p.Image = img
	if h.packed() {
		return h.runs(img)
	}
	h.rows(func(y int, row []byte) {
		to, mask := img.Pix[y*img.Stride:], byte(1<<h.bits-1)
		for x := range h.width {
			bit := x * h.bits
			to[x] = row[bit/8] >> (8 - h.bits - bit%8) & mask
		}
	})
	return nil
}

// colours reads pixels of more than 8 bits.
func (h *header) colours(p *raster.Picture) {
	n := 3
	if h.masks[3] != 0 {
		n = 4
	}
	pix := make([]uint8, n*h.width*h.height)
	if p.Pix = pix; n == 4 {
		p.Pix = nil
		p.Image = &image.NRGBA{
			Pix: pix, Stride: n * h.width, Rect: image.Rect(0, 0, h.width, h.height),
		}
	}
	var channels [4]func(uint32) uint8
	for i, m := range h.masks {
		channels[i] = channel(m)
	}
	h.rows(func(y int, row []byte) {
		for x := range h.width {
			v, to := pixel(row, x, h.bits), pix[n*(y*h.width+x):][:n]
			for i := range to {
				to[i] = channels[i](v)
			}
		}
	})
}

// pixel is the bits of pixel x.
func pixel(row []byte, x, bits int) uint32 {
	switch bits {
	case 16:
		return uint32(order.Uint16(row[2*x:]))
	case 24:
		return uint32(row[3*x]) | uint32(row[3*x+1])<<8 | uint32(row[3*x+2])<<16
	}
	return order.Uint32(row[4*x:])
}

// channel takes one out of the bits of a pixel and widens it to 8 bits as Pillow does, which rounds
// down.
func channel(mask uint32) func(uint32) uint8 {
	if mask == 0 {
		return func(uint32) uint8 { return 0 }
	}
	shift := bits.TrailingZeros32(mask)
	top := uint64(mask >> shift)
	if top == 255 {
		return func(v uint32) uint8 { return uint8(v >> shift) }
	}
	return func(v uint32) uint8 { return uint8(uint64(v&mask>>shift) * 255 / top) }
}
