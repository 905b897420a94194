package jpeg

import (
	"errors"
	"fmt"
)

// scanLossless reads a scan of differences from predicted samples.
func (d *decoder) scanLossless(members []*component, s spectrum) error {
	predictor, shift := s.from, s.low
	if predictor < 1 || predictor > 7 || shift >= d.precision {
		return errors.New("impossible prediction")
	}
	var tables [4]*huffmanTable
	for i, c := range members {
		var err error
		if tables[i], err = d.table(0, c.dc); err != nil {
			return err
		}
	}
	across, down := ceil(d.width, d.hMax), ceil(d.height, d.vMax)
	if len(members) == 1 {
		across, down = members[0].width, members[0].height
	}
	l := &lossless{bits: &bits{data: d.data, pos: d.pos}, tables: tables}
	seg := segments{decoder: d, coder: l, left: d.restartInterval}
	l.restart(d.pos)
	first := 0 // MCU after the last restart
	for mcu := range across * down {
		if d.restartInterval > 0 && mcu%d.restartInterval == 0 {
			first = mcu
		}
		if skip, err := seg.next(); err != nil || skip {
			return fmt.Errorf("%w at row %d of %d", errEarly, mcu/across, down)
		}
		for i, m := range members {
			h, v := m.h, m.v
			if len(members) == 1 {
				h, v = 1, 1
			}
			for j := range h * v {
				x, y := mcu%across*h+j%h, mcu/across*v+j/h
				p := m.predict(x, y, first/across*v, predictor, 1<<(d.precision-shift-1))
				diff, err := l.difference(i)
				if err != nil {
					return err
				}
				m.lossless[y*m.columns+x] = uint16(p + diff)
			}
		}
	}
	if shift > 0 {
		for _, m := range members {
			for i := range m.lossless {
				m.lossless[i] <<= shift
			}
		}
	}
	return seg.end()
}

// predict guesses a sample from those before it: left, above and between, as the predictor says.
// top is the first row since a restart, where the left one is taken, and start at its beginning.
func (c *component) predict(x, y, top, predictor, start int) int {
	at := y*c.columns + x
	get := func(i int) int { return int(c.lossless[i]) }
	switch {
	case y == top && x == 0:
		return start
	case y == top:
		return get(at - 1)
	case x == 0:
		return get(at - c.columns)
	}
	left, above, between := get(at-1), get(at-c.columns), get(at-c.columns-1)
	switch predictor {
	case 1:
		return left
	case 2:
		return above
	case 3:
		return between
	case 4:
		return left + above - between
	case 5:
		return left + (above-between)>>1
	case 6:
		return above + (left-between)>>1
	}
	return (left + above) >> 1
}

// lossless reads differences.
type lossless struct {
	*bits
	tables [4]*huffmanTable
}

func (l *lossless) block(int, *[64]int16) error { panic("jpeg: lossless pictures have no blocks") }

// difference decodes one; 16 stands for the only one of so many bits.
func (l *lossless) difference(at int) (int, error) {
	n, err := l.symbol(l.tables[at])
	if err != nil {
		return 0, err
	}
	if n == 16 {
		return 32768, nil
	}
	return l.extended(n & 15), nil
}
