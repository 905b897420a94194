package jpeg

import (
	"errors"
	"fmt"
)

// coder reads the blocks of a scan.
type coder interface {
	// restart begins a segment of the data at pos.
	restart(pos int)
	// block reads one block of the component that is at the place in the scan.
	block(at int, block *[64]int16) error
	// source gives the bits that are read from.
	source() *bits
}

func (b *bits) source() *bits { return b }

// spectrum is the part of the coefficients that a scan has.
type spectrum struct{ from, to, high, low int }

// scan reads the header of a scan and its data.
func (d *decoder) scan(body []byte) error {
	if d.components == nil {
		return errors.New("image data without a frame")
	}
	if len(body) < 1 || len(body) < 4+2*int(body[0]) {
		return errShort
	}
	if d.scans++; d.scans > maxScans {
		return fmt.Errorf("more than %d scans", maxScans)
	}
	n := int(body[0])
	var members []*component
	for i := range n {
		c := d.component(int(body[1+2*i]), i)
		if c == nil {
			return errors.New("scan of an unknown component")
		}
		for _, other := range members {
			if other == c {
				return errors.New("component twice in a scan")
			}
		}
		c.dc, c.ac = int(body[2+2*i]>>4), int(body[2+2*i]&15)
		members = append(members, c)
	}
	b := body[1+2*n:]
	s := spectrum{int(b[0]), int(b[1]), int(b[2] >> 4), int(b[2] & 15)}
	if err := d.begin(members); err != nil {
		return err
	}
	if d.process.lossless {
		return d.scanLossless(members, s)
	}
	if !d.process.progressive {
		s = spectrum{0, 63, 0, 0}
	}
	c, err := d.coder(members, s)
	if err != nil {
		return err
	}
	return d.blocks(members, c)
}

// component finds one by its name. Names may stand twice, so the place decides first.
func (d *decoder) component(id, at int) *component {
	if at < len(d.components) && d.components[at].id == id {
		return &d.components[at]
	}
	for i := range d.components {
		if d.components[i].id == id {
			return &d.components[i]
		}
	}
	return nil
}

// begin checks the members of a scan and keeps their quantization, which later tables may replace.
func (d *decoder) begin(members []*component) error {
	if len(members) == 0 || len(members) > 4 {
		return errors.New("scan without components")
	}
	for _, c := range members {
		if c.seen && !d.process.progressive {
			return errors.New("two scans of a component")
		}
		if c.seen = true; c.quant == nil && !d.process.lossless {
			if c.quant = d.quant[c.tq]; c.quant == nil {
				return errors.New("missing quantization table")
			}
		}
	}
	return nil
}

// coder makes the one that the scan needs.
func (d *decoder) coder(members []*component, s spectrum) (coder, error) {
	if s.from > s.to || s.to > 63 || s.low > 13 || s.high > 13 ||
		d.process.progressive && (s.from == 0) != (s.to == 0) ||
		s.from > 0 && len(members) != 1 {
		return nil, errors.New("impossible scan")
	}
	source := &bits{data: d.data, pos: d.pos}
	if d.process.arithmetic {
		return newArithmetic(d, source, members, s), nil
	}
	var dc, ac [4]*huffmanTable
	for i, c := range members {
		var err error
		if s.from == 0 && s.high == 0 {
			if dc[i], err = d.table(0, c.dc); err != nil {
				return nil, err
			}
		}
		if s.to > 0 {
			if ac[i], err = d.table(1, c.ac); err != nil {
				return nil, err
			}
		}
	}
	if d.process.progressive {
		return &progressive{bits: source, spectrum: s, dc: dc, ac: ac[0]}, nil
	}
	return &sequential{bits: source, dc: dc, ac: ac}, nil
}

// blocks walks through the MCUs of a scan.
func (d *decoder) blocks(members []*component, c coder) error {
	across, down := ceil(d.width, 8*d.hMax), ceil(d.height, 8*d.vMax)
	if len(members) == 1 { // no MCU: only the blocks that the picture covers
		across, down = ceil(members[0].width, 8), ceil(members[0].height, 8)
	}
	seg := segments{decoder: d, coder: c, left: d.restartInterval}
	seg.coder.restart(d.pos)
	for mcu := range across * down {
		skip, err := seg.next()
		if err != nil {
			return fmt.Errorf("%w at row %d of %d", err, mcu/across, down)
		}
		if skip {
			continue
		}
		if err := decodeMCU(members, c, mcu%across, mcu/across); err != nil {
			return err
		}
	}
	return seg.end()
}

// decodeMCU reads the blocks that belong together.
func decodeMCU(members []*component, c coder, x, y int) error {
	if len(members) == 1 {
		return c.block(0, members[0].at(x, y))
	}
	for i, m := range members {
		for row := range m.v {
			for column := range m.h {
				if err := c.block(i, m.at(x*m.h+column, y*m.v+row)); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// at gives a block.
func (c *component) at(x, y int) *[64]int16 {
	return (*[64]int16)(c.coefficients[64*(y*c.columns+x):])
}

// segments watches over restart markers. Where one is out of turn it does what libjpeg does: it
// guesses from the number whether segments are missing, which stay gray.
type segments struct {
	*decoder
	coder
	left    int // MCUs up to the next marker, where there is an interval
	number  byte
	skipped int  // MCUs of this segment that had no data
	held    bool // the marker ahead is of a later segment
}

var errEarly = errors.New("damaged image data: it ends early")

// next is called before an MCU and says whether it has no data.
func (s *segments) next() (skip bool, err error) {
	if s.restartInterval > 0 && s.left == 0 {
		if err := s.marker(); err != nil {
			return false, err
		}
		s.left, s.skipped = s.restartInterval, 0
	}
	s.left--
	if b := s.source(); b.short {
		if b.pos >= len(b.data) {
			return false, errEarly
		}
		s.skipped++
		return true, nil
	}
	return false, nil
}

// marker looks for the restart marker that is due.
func (s *segments) marker() error {
	b := s.source()
	want := markerRST0 + s.number
	s.number = (s.number + 1) & 7
	for pos := b.marker(); pos+1 < len(b.data); {
		m := b.data[pos+1]
		ahead := (m - want) & 7
		switch {
		case m < markerSOF0, m >= markerRST0 && m <= markerRST7 && ahead >= 6: // of an earlier one
			b.pos = pos + 2
			pos = b.marker()
		case m < markerRST0 || m > markerRST7:
			return errEarly
		case ahead == 1 || ahead == 2:
			short := b.short
			s.coder.restart(pos)
			b.short, s.held = short, true
			return nil
		default:
			s.coder.restart(pos + 2)
			s.held = false
			return nil
		}
	}
	return errEarly
}

// end leaves the file behind the scan.
func (s *segments) end() error {
	b := s.source()
	if s.skipped > 0 && !s.held {
		return errEarly
	}
	if s.pos = b.marker(); b.pos >= len(b.data) && b.short {
		return errEarly
	}
	return nil
}
