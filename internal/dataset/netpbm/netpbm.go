// Package netpbm reads portable bitmaps, graymaps and pixmaps, as text and as bytes, of 1 to 16
// bits.
package netpbm

import (
	"errors"
	"fmt"

	"cmae/internal/dataset/raster"
)

// ErrSize is a picture above the limit, or without a pixel.
var ErrSize = errors.New("size")

// Is says whether data begins as such a file does.
func Is(data []byte) bool {
	return len(data) > 2 && data[0] == 'P' && data[1] >= '1' && data[1] <= '6' &&
		(space(data[2]) || data[2] == '#')
}

func space(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

var errShort = errors.New("file ends early")

// reader walks through the file.
type reader struct {
	data []byte
	pos  int
}

// number reads the next one, past white space and comments. It ends before what follows.
func (r *reader) number() (int, error) {
	for r.pos < len(r.data) {
		switch c := r.data[r.pos]; {
		case c == '#':
			for r.pos < len(r.data) && r.data[r.pos] != '\n' && r.data[r.pos] != '\r' {
				r.pos++
			}
		case space(c):
			r.pos++
		default:
			return r.digits()
		}
	}
	return 0, errShort
}

func (r *reader) digits() (int, error) {
	v, start := 0, r.pos
	for r.pos < len(r.data) && r.data[r.pos] >= '0' && r.data[r.pos] <= '9' {
		if v = 10*v + int(r.data[r.pos]-'0'); v > 1<<40 {
			return 0, errors.New("number beyond measure")
		}
		r.pos++
	}
	if r.pos == start {
		return 0, fmt.Errorf("%q is no number", r.data[r.pos])
	}
	return v, nil
}

// Decode reads a picture of at most maxPixels. With ErrSize the picture has the size alone.
func Decode(data []byte, maxPixels int) (*raster.Picture, error) {
	if !Is(data) {
		return nil, errors.New("no Netpbm file")
	}
	kind := data[1] - '0'
	r := &reader{data, 2}
	var header [3]int
	header[2] = 1
	for i := range header {
		if i == 2 && (kind == 1 || kind == 4) {
			break
		}
		var err error
		if header[i], err = r.number(); err != nil {
			return nil, err
		}
	}
	width, height, top := header[0], header[1], header[2]
	p := &raster.Picture{Width: width, Height: height}
	if width <= 0 || height <= 0 || width > maxPixels/height {
		return p, fmt.Errorf("%w: %dx%d pixels", ErrSize, width, height)
	}
	if top < 1 || top > 65535 {
		return nil, fmt.Errorf("largest value %d", top)
	}
	channels := 1
	if kind == 3 || kind == 6 {
		channels = 3
	}
	next, err := r.values(kind, width, channels*width*height, top)
	if err != nil {
		return nil, err
	}
	if top > 255 {
		p.Deep = &raster.Deep{Width: width, Height: height, Channels: channels, High: float64(top)}
		set := p.Deep.Make(channels*width*height, true)
		for i := range channels * width * height {
			v, err := next(i)
			if err != nil {
				return nil, err
			}
			set(i, float64(v))
		}
		return p, nil
	}
	p.Pix, p.Gray = make([]uint8, 3*width*height), channels == 1
	for i := range channels * width * height {
		v, err := next(i)
		if err != nil {
			return nil, err
		}
		scaled := uint8((2*v*255 + top) / (2 * top))
		if channels == 3 {
			p.Pix[i] = scaled
		} else {
			p.Pix[3*i], p.Pix[3*i+1], p.Pix[3*i+2] = scaled, scaled, scaled
		}
	}
	return p, nil
}

// values gives what reads the n values one after the other. In bitmaps 1 is black.
func (r *reader) values(kind byte, width, n, top int) (func(i int) (int, error), error) {
	if kind > 3 {
		r.pos++ // a single white space ends the header
	}
	body := r.data[min(r.pos, len(r.data)):]
	limit := func(v int) (int, error) {
		if v > top {
			return 0, fmt.Errorf("value %d above the largest, %d", v, top)
		}
		return v, nil
	}
	need := n
	switch {
	case kind == 1:
		return func(int) (int, error) { return r.bit() }, nil
	case kind < 4:
		return func(int) (int, error) {
			v, err := r.number()
			if err != nil {
				return 0, err
			}
			return limit(v)
		}, nil
	case kind == 4:
		stride := (width + 7) / 8
		if need = n / width * stride; len(body) < need {
			return nil, errShort
		}
		return func(i int) (int, error) {
			x, y := i%width, i/width
			return 1 - int(body[y*stride+x/8]>>(7-x%8)&1), nil
		}, nil
	case top > 255:
		if need = 2 * n; len(body) < need {
			return nil, errShort
		}
		return func(i int) (int, error) { return limit(int(body[2*i])<<8 | int(body[2*i+1])) }, nil
	}
	if len(body) < need {
		return nil, errShort
	}
	return func(i int) (int, error) { return min(int(body[i]), top), nil }, nil
}

// bit reads a digit of a bitmap as text, which may stand without space between.
func (r *reader) bit() (int, error) {
	for ; r.pos < len(r.data); r.pos++ {
		switch c := r.data[r.pos]; {
		case c == '#':
			for r.pos < len(r.data) && r.data[r.pos] != '\n' {
				r.pos++
			}
		case c == '0', c == '1':
			r.pos++
			return 1 - int(c-'0'), nil
		case !space(c):
			return 0, fmt.Errorf("%q is no bit", c)
		}
	}
	return 0, errShort
}
