// Package npy reads the .npy files that NumPy saves arrays in, as pictures of any number of
// channels: whole numbers of 8 and 16 bits and floats, rows first or columns first.
package npy

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	"cmae/internal/dataset/raster"
)

// ErrSize is a picture above the limit, or without a pixel.
var ErrSize = errors.New("size")

const magic = "\x93NUMPY"

// Is says whether data begins as a .npy file does.
func Is(data []byte) bool { return bytes.HasPrefix(data, []byte(magic)) }

// array is a file: its numbers in the order that they are stored in.
type array struct {
	kind    string // such as u1 or f4
	order   binary.ByteOrder
	shape   []int
	columns bool // the first axis changes fastest
	values  []byte
}

var (
	descrField   = regexp.MustCompile(`'descr'\s*:\s*'([^']*)'`)
	fortranField = regexp.MustCompile(`'fortran_order'\s*:\s*(True|False)`)
	shapeField   = regexp.MustCompile(`'shape'\s*:\s*\(([0-9,\s]*)\)`)
)

// kinds are the types of numbers that are read, with the bytes of one.
var kinds = map[string]int{"u1": 1, "u2": 2, "i2": 2, "f4": 4, "f8": 8}

// Decode reads an array of height x width, or with an axis of channels in front or behind: the one
// that is as long as channels says. With ErrSize the picture has the size alone.
func Decode(data []byte, channels, maxPixels int) (*raster.Picture, error) {
	a, err := open(data)
	if err != nil {
		return nil, err
	}
	l, err := layoutOf(a.shape, channels)
	if err != nil {
		return nil, err
	}
	p := &raster.Picture{Width: l.width, Height: l.height}
	if l.width <= 0 || l.height <= 0 || l.width > maxPixels/l.height {
		return p, fmt.Errorf("%w: %dx%d pixels", ErrSize, l.width, l.height)
	}
	if want := l.width * l.height * l.bands * kinds[a.kind]; want != len(a.values) {
		return nil, fmt.Errorf(
			"shape %s asks for %d bytes, the file has %d", shown(a.shape), want, len(a.values),
		)
	}
	a.fill(p, l)
	if channels == 3 && l.bands != 3 { // gray or colours, and what is left out
		if p.Bands = l.bands - 1; l.bands > 3 {
			p.Bands = l.bands - 3
		}
	}
	return p, nil
}

// open reads the header.
func open(data []byte) (*array, error) {
	const fixed = len(magic) + 2
	if !Is(data) || len(data) < fixed+4 {
		return nil, errors.New("no array")
	}
	size, start := int(binary.LittleEndian.Uint16(data[fixed:])), fixed+2
	if data[len(magic)] > 1 {
		size, start = int(binary.LittleEndian.Uint32(data[fixed:])), fixed+4
	}
	if size > len(data)-start {
		return nil, errors.New("the header ends early")
	}
	header, values := string(data[start:start+size]), data[start+size:]
	descr, fortran := descrField.FindStringSubmatch(header), fortranField.FindStringSubmatch(header)
	shape := shapeField.FindStringSubmatch(header)
	if descr == nil || fortran == nil || shape == nil {
		return nil, errors.New("its header does not name one type, order and shape of numbers")
	}
	a := &array{order: binary.LittleEndian, columns: fortran[1] == "True", values: values}
	a.kind = strings.TrimLeft(descr[1], "<>|=")
	if strings.HasPrefix(descr[1], ">") {
		a.order = binary.BigEndian
	}
	if kinds[a.kind] == 0 {
		return nil, fmt.Errorf(
			"numbers of type %q are not read: save it as uint8, uint16, int16, float32 or float64",
			descr[1],
		)
	}
	for field := range strings.SplitSeq(shape[1], ",") {
		if field = strings.TrimSpace(field); field == "" {
			continue
		}
		n, err := strconv.Atoi(field)
		if err != nil || n > 1<<30 {
			return nil, fmt.Errorf("shape (%s) is beyond measure", shape[1])
		}
		a.shape = append(a.shape, n)
	}
	return a, nil
}

// layout says what the axes of an array are. A pixel's band lies at y*row + x*column + band*next.
type layout struct{ width, height, bands, row, column, next int }

// mostBands is how long an axis may be that is taken for bands although no setting says so, to
// tell of it.
const mostBands = 64

// layoutOf finds the axis of bands: the first or the last, whichever is as long as channels; one
// of length 1 is gray. An array of two axes has one band.
func layoutOf(shape []int, channels int) (layout, error) {
	if len(shape) == 2 {
		shape = append(shape[:2:2], 1)
		return last(shape), nil
	}
	if len(shape) != 3 {
		return layout{}, fmt.Errorf(
			"shape %s has %d axes: an image has height and width, and perhaps one of bands",
			shown(shape), len(shape),
		)
	}
	for _, bands := range []int{channels, 1} {
		switch front, behind := shape[0] == bands, shape[2] == bands; {
		case front && behind:
			return layout{}, fmt.Errorf(
				"shape %s may have its bands in front or behind: both axes are as long as %d "+
					"(data.channels): save it with another size", shown(shape), bands,
			)
		case front:
			return first(shape), nil
		case behind:
			return last(shape), nil
		}
	}
	switch {
	case shape[2] <= min(shape[0], mostBands):
		return last(shape), nil
	case shape[0] <= mostBands:
		return first(shape), nil
	}
	return layout{}, fmt.Errorf(
		"shape %s has no axis of %d bands (data.channels)", shown(shape), channels,
	)
}

func last(s []int) layout {
	return layout{s[1], s[0], s[2], s[1] * s[2], s[2], 1}
}

func first(s []int) layout {
	return layout{s[2], s[1], s[0], s[2], 1, s[1] * s[2]}
}

// shown is a shape as NumPy writes it.
func shown(shape []int) string {
	return "(" + strings.Trim(strings.ReplaceAll(fmt.Sprint(shape), " ", ", "), "[]") + ")"
}

// transposed is l for numbers of which the first axis changes fastest.
func (l layout) transposed(shape []int) layout {
	steps := [3]int{1, shape[0], shape[0] * shape[1]}
	if len(shape) == 3 && l.next != 1 { // bands in front
		l.next, l.row, l.column = steps[0], steps[1], steps[2]
	} else {
		l.row, l.column, l.next = steps[0], steps[1], steps[2]
	}
	return l
}

// fill gives the picture its numbers, channels interleaved.
func (a *array) fill(p *raster.Picture, l layout) {
	if a.columns {
		l = l.transposed(a.shape)
	}
	all := func(put func(to, from int)) {
		to := 0
		for y := range l.height {
			for x := range l.width {
				for band := range l.bands {
					put(to, y*l.row+x*l.column+band*l.next)
					to++
				}
			}
		}
	}
	n := l.width * l.height * l.bands
	if a.kind == "u1" {
		p.Pix, p.Channels = make([]uint8, n), l.bands
		all(func(to, from int) { p.Pix[to] = a.values[from] })
		return
	}
	d := &raster.Deep{Width: l.width, Height: l.height, Channels: l.bands, High: 1}
	p.Deep = d
	get := func(i int) float64 { return float64(a.order.Uint16(a.values[2*i:])) }
	switch a.kind {
	case "u2":
		d.High = math.MaxUint16
	case "i2":
		d.Low, d.High = math.MinInt16, math.MaxInt16
		get = func(i int) float64 { return float64(int16(a.order.Uint16(a.values[2*i:]))) }
	case "f4":
		get = func(i int) float64 {
			return float64(math.Float32frombits(a.order.Uint32(a.values[4*i:])))
		}
	case "f8":
		get = func(i int) float64 { return math.Float64frombits(a.order.Uint64(a.values[8*i:])) }
	}
	set := d.Make(n, a.kind == "u2" || a.kind == "i2")
	all(func(to, from int) { set(to, get(from)) })
}
