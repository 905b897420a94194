package jpeg

import (
	"errors"
	"fmt"
)

// Space says what the components of a picture mean.
type Space int

// The spaces. Guess takes what the markers and the names of the components say, as libjpeg does.
const (
	Guess Space = iota
	Gray
	RGB
	YCbCr
	CMYK
	YCCK
)

// Options say how a stream is to be read.
type Options struct {
	MaxPixels int    // largest picture that is decoded, width times height
	Tables    []byte // stream of tables that stands before, as TIFF has it; may be nil
	Space     Space  // what the components are, whatever the markers say
	// headerOnly stops before the first scan
	headerOnly bool
}

// ErrSize is a picture above Options.MaxPixels, or without a pixel.
var ErrSize = errors.New("size")

// Header is what stands before the first scan.
type Header struct {
	Width, Height int
	Precision     int // bits of a sample
	Space         Space
	Components    int
	// Subsampled says that components differ in resolution
	Subsampled bool
	// Plain says that the file is coded in one of the common ways: Huffman, 8 bits, not lossless
	Plain bool
}

// ReadHeader reads up to the first scan.
func ReadHeader(data []byte, o Options) (Header, error) {
	o.headerOnly = true
	d := newDecoder(o)
	err := d.read(data)
	return d.header(), err
}

// Frame is a decoded picture: components at full resolution, row by row.
type Frame struct {
	Header
	Samples8  [][]uint8  // of Precision 8
	Samples16 [][]uint16 // of any other
}

// Decode reads a picture.
func Decode(data []byte, o Options) (*Frame, error) {
	d := newDecoder(o)
	if o.Tables != nil {
		if err := d.read(o.Tables); err != nil {
			return nil, fmt.Errorf("tables: %w", err)
		}
	}
	if err := d.read(data); err != nil {
		return nil, err
	}
	if !d.scanned() {
		return nil, errors.New("no image data for some component")
	}
	f := &Frame{Header: d.header()}
	for i := range d.components {
		c := &d.components[i]
		h, v := d.hMax/c.h, d.vMax/c.v
		if h*c.h != d.hMax || v*c.v != d.vMax {
			return nil, fmt.Errorf("sampling %dx%d does not divide %dx%d", c.h, c.v, d.hMax, d.vMax)
		}
		if d.precision == 8 {
			f.Samples8 = append(f.Samples8, full[uint8](d, c, h, v))
		} else {
			f.Samples16 = append(f.Samples16, full[uint16](d, c, h, v))
		}
		c.coefficients, c.lossless = nil, nil // for their memory
	}
	return f, nil
}

// component is one channel of the picture.
type component struct {
	id, h, v, tq  int
	width, height int // in samples
	// blocks, or samples where lossless, up to whole MCUs
	columns, rows int
	dc, ac        int // tables of the present scan
	coefficients  []int16
	lossless      []uint16
	seen          bool // some scan had it
	quant         *[64]uint16
}

// decoder is the state of a file being read.
type decoder struct {
	Options
	data []byte
	pos  int

	quant           [4]*[64]uint16
	huffman         [2][4]*huffmanTable // DC and AC
	conditioning    conditioning
	restartInterval int
	jfif, adobe     bool
	transform       int
	precision       int
	width, height   int
	hMax, vMax      int
	components      []component
	process         process
	scans           int
	ended           bool
}

// process is what a start-of-frame marker says.
type process struct {
	known, progressive, arithmetic, lossless bool
}

func newDecoder(o Options) *decoder {
	d := &decoder{Options: o}
	d.conditioning.reset()
	return d
}

// scanned says whether each component had a scan.
func (d *decoder) scanned() bool {
	for _, c := range d.components {
		if !c.seen {
			return false
		}
	}
	return len(d.components) > 0
}

func (d *decoder) header() Header {
	h := Header{
		Width: d.width, Height: d.height, Precision: d.precision, Space: d.space(),
		Components: len(d.components),
		Plain:      d.precision == 8 && !d.process.arithmetic && !d.process.lossless,
	}
	for _, c := range d.components {
		h.Subsampled = h.Subsampled || c.h != d.hMax || c.v != d.vMax
	}
	return h
}

// space guesses as libjpeg does.
func (d *decoder) space() Space {
	if d.Space != Guess {
		return d.Space
	}
	switch len(d.components) {
	case 1:
		return Gray
	case 3:
		ids := [3]int{d.components[0].id, d.components[1].id, d.components[2].id}
		switch {
		case d.jfif:
			return YCbCr
		case d.adobe && d.transform == 0, !d.adobe && ids == [3]int{'R', 'G', 'B'},
			!d.adobe && ids == [3]int{1, 2, 3} && d.process.lossless:
			return RGB
		}
		return YCbCr
	case 4:
		if d.adobe && d.transform == 2 {
			return YCCK
		}
		return CMYK
	}
	return Guess
}
