package bmp

import "image"

// What follows a zero in run lengths; more is so many pixels as they are.
const (
	endOfRow     = 0
	endOfPicture = 1
	move         = 2
)

// runs reads run lengths. What they leave out has the first colour.
func (h *header) runs(img *image.Paletted) error {
	data, x, i := h.pixels, 0, 0
	put := func(v uint8) {
		if x < h.width && i < h.height {
			img.Pix[h.line(i)*img.Stride+x] = v
		}
		x++
	}
	for i < h.height {
		if len(data) < 2 {
			if i == h.height-1 && x >= h.width { // all but the end mark is there
				return nil
			}
			return errShort
		}
		n, v := int(data[0]), data[1]
		data = data[2:]
		switch {
		case n > 0:
			for k := range n {
				put(h.nth(v, k))
			}
		case v == endOfRow:
			x, i = 0, i+1
		case v == endOfPicture:
			return nil
		case v == move:
			if len(data) < 2 {
				return errShort
			}
			x, i = x+int(data[0]), i+int(data[1])
			data = data[2:]
		default:
			bytes := (int(v)*h.bits + 7) / 8
			if bytes > len(data) {
				return errShort
			}
			for k := range int(v) {
				put(h.nth(data[k*h.bits/8], k))
			}
			data = data[min(bytes+bytes%2, len(data)):]
		}
	}
	return nil
}

// nth is pixel k of those that a byte, or a run of it, holds.
func (h *header) nth(v byte, k int) uint8 {
	switch {
	case h.bits == 8:
		return v
	case k%2 == 0:
		return v >> 4
	}
	return v & 15
}
