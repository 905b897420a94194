package jpeg

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Markers, after the byte 0xff.
const (
	markerSOF0 = 0xc0
	markerDHT  = 0xc4
	markerJPG  = 0xc8
	markerDAC  = 0xcc
	markerRST0 = 0xd0
	markerRST7 = 0xd7
	markerSOI  = 0xd8
	markerEOI  = 0xd9
	markerSOS  = 0xda
	markerDQT  = 0xdb
	markerDRI  = 0xdd
	markerAPP0 = 0xe0
	markerAPPE = 0xee
	markerTEM  = 0x01
)

// maxScans bounds the work that a small file can ask for.
const maxScans = 500

// processes are the frames that can be read, by marker.
var processes = map[byte]process{
	0xc0: {known: true},
	0xc1: {known: true},
	0xc2: {known: true, progressive: true},
	0xc3: {known: true, lossless: true},
	0xc9: {known: true, arithmetic: true},
	0xca: {known: true, arithmetic: true, progressive: true},
}

var errShort = errors.New("file ends early")

// read goes from marker to marker, up to the end of the image.
func (d *decoder) read(data []byte) error {
	d.data, d.pos, d.ended = data, 0, false
	if len(data) < 2 || data[0] != 0xff || data[1] != markerSOI {
		return errors.New("no JPEG stream")
	}
	d.pos = 2
	for !d.ended {
		m, err := d.nextMarker()
		if err != nil {
			if d.complete() { // all but the end marker is there
				return nil
			}
			return err
		}
		if err := d.segment(m); err != nil {
			return err
		}
	}
	return nil
}

// complete says that a sequential picture has all its scans.
func (d *decoder) complete() bool { return d.scanned() && !d.process.progressive }

// nextMarker skips to the next marker and past it. Bytes between segments are junk, as libjpeg has
// it.
func (d *decoder) nextMarker() (byte, error) {
	for d.pos+1 < len(d.data) {
		if d.data[d.pos] != 0xff {
			d.pos++
			continue
		}
		switch m := d.data[d.pos+1]; m {
		case 0xff: // fill
			d.pos++
		case 0:
			d.pos += 2
		default:
			d.pos += 2
			return m, nil
		}
	}
	return 0, errShort
}

// segment reads what a marker begins.
func (d *decoder) segment(m byte) error {
	switch {
	case m == markerEOI:
		d.ended = true
		return nil
	case m == markerSOI, m == markerTEM, m >= markerRST0 && m <= markerRST7:
		return nil
	}
	if d.pos+2 > len(d.data) {
		return errShort
	}
	n := int(binary.BigEndian.Uint16(d.data[d.pos:]))
	if n < 2 || d.pos+n > len(d.data) {
		return errShort
	}
	body := d.data[d.pos+2 : d.pos+n]
	d.pos += n
	switch {
	case m == markerDQT:
		return d.quantTables(body)
	case m == markerDHT:
		return d.huffmanTables(body)
	case m == markerDAC:
		return d.conditioning.read(body)
	case m == markerDRI:
		if len(body) < 2 {
			return errShort
		}
		d.restartInterval = int(binary.BigEndian.Uint16(body))
	case m == markerSOS:
		if d.headerOnly {
			d.ended = true
			return nil
		}
		return d.scan(body)
	case m == markerAPP0 && len(body) >= 5 && string(body[:5]) == "JFIF\x00":
		d.jfif = true
	case m == markerAPPE && len(body) >= 12 && string(body[:5]) == "Adobe":
		d.adobe, d.transform = true, int(body[11])
	case m >= markerSOF0 && m <= 0xcf && m != markerJPG:
		return d.frame(m, body)
	}
	return nil
}

// frame reads a start of frame and makes room for the components.
func (d *decoder) frame(m byte, body []byte) error {
	d.process = processes[m]
	switch {
	case !d.process.known:
		return fmt.Errorf("coding process %#x is hierarchical or arithmetic lossless", m)
	case d.components != nil:
		return errors.New("two frames")
	case len(body) < 6 || len(body) < 6+3*int(body[5]):
		return errShort
	}
	d.precision = int(body[0])
	d.height = int(binary.BigEndian.Uint16(body[1:]))
	d.width = int(binary.BigEndian.Uint16(body[3:]))
	if d.width == 0 || d.height == 0 || d.width*d.height > d.MaxPixels {
		return fmt.Errorf("%w: %dx%d pixels", ErrSize, d.width, d.height)
	}
	switch p := d.precision; {
	case d.process.lossless && p >= 2 && p <= 16, p == 8, p == 12:
	default:
		return fmt.Errorf("%d bits a sample", p)
	}
	n := int(body[5])
	if n == 0 || n > 4 || n == 2 {
		return fmt.Errorf("%d components", n)
	}
	for i := range n {
		b := body[6+3*i:]
		c := component{id: int(b[0]), h: int(b[1] >> 4), v: int(b[1] & 15), tq: int(b[2])}
		if c.h < 1 || c.h > 4 || c.v < 1 || c.v > 4 || c.tq > 3 {
			return errors.New("impossible sampling or table")
		}
		d.components = append(d.components, c)
		d.hMax, d.vMax = max(d.hMax, c.h), max(d.vMax, c.v)
	}
	if d.headerOnly {
		return nil
	}
	d.allocate()
	return nil
}

// allocate makes room for the coefficients, or for the samples of a lossless picture.
func (d *decoder) allocate() {
	unit := 8
	if d.process.lossless {
		unit = 1
	}
	for i := range d.components {
		c := &d.components[i]
		c.width, c.height = ceil(d.width*c.h, d.hMax), ceil(d.height*c.v, d.vMax)
		c.columns = ceil(d.width, d.hMax*unit) * c.h
		c.rows = ceil(d.height, d.vMax*unit) * c.v
		if d.process.lossless {
			c.lossless = make([]uint16, c.columns*c.rows)
		} else {
			c.coefficients = make([]int16, 64*c.columns*c.rows)
		}
	}
}

func ceil(a, b int) int { return (a + b - 1) / b }
