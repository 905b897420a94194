package jpeg

import "errors"

// conditioning are the limits that a file may set for the choice of contexts.
type conditioning struct {
	lower, upper [16]uint8 // of DC differences
	split        [16]uint8 // of AC positions
}

func (c *conditioning) reset() {
	for i := range 16 {
		c.lower[i], c.upper[i], c.split[i] = 0, 1, 5
	}
}

func (c *conditioning) read(body []byte) error {
	for ; len(body) >= 2; body = body[2:] {
		at, v := body[0], body[1]
		switch {
		case at >= 32, at < 16 && v&15 > v>>4:
			return errors.New("damaged arithmetic conditioning")
		case at >= 16:
			c.split[at-16] = v
		default:
			c.lower[at], c.upper[at] = v&15, v>>4
		}
	}
	return nil
}

// The places of contexts among those of a table.
const (
	magnitudeDC   = 20
	magnitudeLow  = 189
	magnitudeHigh = 217
	magnitudeBits = 14
)

// arithmetic decodes blocks that are coded with the QM coder, whole ones or bands.
type arithmetic struct {
	*bits
	spectrum
	conditioning
	progressive bool
	tablesDC    [4]int // by component of the scan
	tablesAC    [4]int

	c, a  int
	count int // shifts up to the next byte, negative at the start

	dc      [16][64]uint8
	ac      [16][256]uint8
	fixed   uint8
	last    [4]int
	context [4]int
}

func newArithmetic(d *decoder, source *bits, members []*component, s spectrum) *arithmetic {
	a := &arithmetic{
		bits: source, spectrum: s, conditioning: d.conditioning, progressive: d.process.progressive,
	}
	for i, m := range members {
		a.tablesDC[i], a.tablesAC[i] = m.dc&15, m.ac&15
	}
	return a
}

func (a *arithmetic) restart(pos int) {
	a.bits.restart(pos)
	a.c, a.a, a.count = 0, 0, -16
	a.dc, a.ac, a.fixed = [16][64]uint8{}, [16][256]uint8{}, 113
	a.last, a.context = [4]int{}, [4]int{}
}

// nextByte gives zeros from the marker on: the coder drops them at its end.
func (a *arithmetic) nextByte() int {
	if a.stopped {
		return 0
	}
	for a.pos < len(a.data) {
		if a.data[a.pos] != 0xff {
			a.pos++
			return int(a.data[a.pos-1])
		}
		next := a.pos + 1
		for next < len(a.data) && a.data[next] == 0xff {
			next++
		}
		if next < len(a.data) && a.data[next] == 0 {
			a.pos = next + 1
			return 0xff
		}
		if next < len(a.data) {
			a.stopped = true
			return 0
		}
		a.pos = next
	}
	a.stopped, a.short = true, true
	return 0
}

// bit decodes a decision by the estimate at s.
func (a *arithmetic) bit(s *uint8) int {
	for a.a < 0x8000 {
		if a.count--; a.count < 0 {
			a.c = a.c<<8 | a.nextByte()
			if a.count += 8; a.count < 0 {
				if a.count++; a.count == 0 { // two bytes have come
					a.a = 0x8000
				}
			}
		}
		a.a <<= 1
	}
	state := *s
	e := estimates[state&0x7f]
	size, sense := int(e.size), state&0x80
	a.a -= size
	switch low := a.a << a.count; {
	case a.c >= low:
		a.c -= low
		if a.a < size {
			*s = sense ^ e.mps
		} else {
			*s = sense ^ e.lps
			state ^= 0x80
		}
		a.a = size
	case a.a < 0x8000:
		if a.a < size {
			*s = sense ^ e.lps
			state ^= 0x80
		} else {
			*s = sense ^ e.mps
		}
	}
	return int(state >> 7)
}

var errArithmetic = errors.New("damaged image data: bad arithmetic code")

func (a *arithmetic) block(at int, block *[64]int16) error {
	if a.from == 0 {
		if a.high > 0 {
			block[0] |= int16(a.bit(&a.fixed) << a.low)
			return nil
		}
		if err := a.first(at); err != nil {
			return err
		}
		block[0] = int16(a.last[at] << a.low)
	}
	if a.to == 0 {
		return nil
	}
	if a.high > 0 {
		return a.refine(&a.ac[a.tablesAC[at]], block)
	}
	return a.band(a.tablesAC[at], block)
}

// first decodes a DC difference.
func (a *arithmetic) first(at int) error {
	table := a.tablesDC[at]
	stats := &a.dc[table]
	s := a.context[at]
	if a.bit(&stats[s]) == 0 {
		a.context[at] = 0
		return nil
	}
	sign := a.bit(&stats[s+1])
	s += 2 + sign
	m := a.bit(&stats[s])
	if m != 0 {
		for s = magnitudeDC; a.bit(&stats[s]) != 0; s++ {
			if m <<= 1; m == 0x8000 {
				return errArithmetic
			}
		}
	}
	switch {
	case m < 1<<a.lower[table]>>1:
		a.context[at] = 0
	case m > 1<<a.upper[table]>>1:
		a.context[at] = 12 + 4*sign
	default:
		a.context[at] = 4 + 4*sign
	}
	a.last[at] += a.value(stats[:], s, m, sign)
	return nil
}

// value decodes the lower bits of a magnitude of which m is the highest.
func (a *arithmetic) value(stats []uint8, s, m, sign int) int {
	v := m
	for m >>= 1; m != 0; m >>= 1 {
		if a.bit(&stats[s+magnitudeBits]) != 0 {
			v |= m
		}
	}
	if v++; sign != 0 {
		return -v
	}
	return v
}

// band decodes AC coefficients.
func (a *arithmetic) band(table int, block *[64]int16) error {
	stats := &a.ac[table]
	for k := max(a.from, 1); k <= a.to; k++ {
		s := 3 * (k - 1)
		if a.bit(&stats[s]) != 0 {
			break
		}
		for a.bit(&stats[s+1]) == 0 {
			s += 3
			if k++; k > a.to {
				return errArithmetic
			}
		}
		sign := a.bit(&a.fixed)
		s += 2
		m := a.bit(&stats[s])
		if m != 0 && a.bit(&stats[s]) != 0 {
			m <<= 1
			if s = magnitudeHigh; k <= int(a.split[table]) {
				s = magnitudeLow
			}
			for ; a.bit(&stats[s]) != 0; s++ {
				if m <<= 1; m == 0x8000 {
					return errArithmetic
				}
			}
		}
		block[zigzag[k]] = int16(a.value(stats[:], s, m, sign) << a.low)
	}
	return nil
}

// refine decodes one more bit of AC coefficients.
func (a *arithmetic) refine(stats *[256]uint8, block *[64]int16) error {
	end := a.to
	for end > 0 && block[zigzag[end]] == 0 {
		end--
	}
	for k := a.from; k <= a.to; k++ {
		s := 3 * (k - 1)
		if k > end && a.bit(&stats[s]) != 0 {
			break
		}
		for ; ; s += 3 {
			c, one := &block[zigzag[k]], int16(1)<<a.low
			if *c != 0 {
				if a.bit(&stats[s+2]) != 0 {
					if *c < 0 {
						one = -one
					}
					*c += one
				}
				break
			}
			if a.bit(&stats[s+1]) != 0 {
				if a.bit(&a.fixed) != 0 {
					one = -one
				}
				*c = one
				break
			}
			if k++; k > a.to {
				return errArithmetic
			}
		}
	}
	return nil
}
