package tiff

import (
	"errors"
	"strconv"
)

var errFax = errors.New("damaged image data: bad fax code")

// faxCode is a code with its length, so that 01 is not 001.
type faxCode struct{ length, bits int }

// faxCodes are the runs by their codes, of white and of black.
type faxCodes [2]map[faxCode]int

func newFaxCodes() (c faxCodes) {
	for colour, list := range [][]string{whiteCodes, blackCodes} {
		c[colour] = map[faxCode]int{}
		add := func(text string, run int) {
			bits, _ := strconv.ParseInt(text, 2, 32) // the tables hold nothing else
			c[colour][faxCode{len(text), int(bits)}] = run
		}
		for i, text := range list {
			run := i
			if i > 63 {
				run = 64 * (i - 63)
			}
			add(text, run)
		}
		for i, text := range longCodes {
			add(text, 1792+64*i)
		}
	}
	return c
}

// fax reads rows of a fax. A row is the places where its colour changes, beginning with white.
type fax struct {
	faxCodes
	data       []byte
	at         int // bit
	width      int
	line, last []int
}

// peek gives the next n bits, zeros after the end.
func (f *fax) peek(n int) (v int) {
	for i := f.at; i < f.at+n; i++ {
		v <<= 1
		if i/8 < len(f.data) {
			v |= int(f.data[i/8]>>(7-i%8)) & 1
		}
	}
	return v
}

func (f *fax) align() { f.at = (f.at + 7) &^ 7 }

// run reads a run of a colour: codes for multiples of 64, then one of less.
func (f *fax) run(colour int) (total int, err error) {
	const longest = 13
	for {
		n, found := 0, false
		for length := 2; length <= longest && !found; length++ {
			if n, found = f.faxCodes[colour][faxCode{length, f.peek(length)}]; found {
				f.at += length
			}
		}
		if total += n; !found || f.at > 8*len(f.data) || total > f.width+2560 {
			return 0, errFax
		}
		if n < 64 {
			return total, nil
		}
	}
}

// put notes a change of colour.
func (f *fax) put(at int) { f.line = append(f.line, min(max(at, 0), f.width)) }

// plain reads a row by its runs alone.
func (f *fax) plain() error {
	f.line = f.line[:0]
	for at, colour := 0, 0; at < f.width; colour ^= 1 {
		n, err := f.run(colour)
		if err != nil {
			return err
		}
		at += n
		f.put(at)
	}
	return nil
}

// Modes of a row that is coded by the one above, by their codes.
var faxModes = map[faxCode]int{
	{1, 1}: 0, {3, 3}: 1, {6, 3}: 2, {7, 3}: 3, {3, 2}: -1, {6, 2}: -2, {7, 2}: -3,
	{4, 1}: modePass, {3, 1}: modeRuns,
}

const (
	modePass = 10
	modeRuns = 11
)

// byLast reads a row by the one above.
func (f *fax) byLast() error {
	f.line = f.line[:0]
	at, colour := -1, 0
	for at < f.width {
		mode, found := 0, false
		for length := 1; length <= 7 && !found; length++ {
			if mode, found = faxModes[faxCode{length, f.peek(length)}]; found {
				f.at += length
			}
		}
		if !found || f.at > 8*len(f.data) {
			return errFax
		}
		b1, b2 := f.above(at, colour)
		switch mode {
		case modePass:
			at = b2
		case modeRuns:
			at = max(at, 0)
			for range 2 {
				n, err := f.run(colour)
				if err != nil {
					return err
				}
				at += n
				f.put(at)
				colour ^= 1
			}
		default:
			if b1+mode < max(at, 0) {
				return errFax
			}
			at = b1 + mode
			f.put(at)
			colour ^= 1
		}
	}
	return nil
}

// above gives the first change in the row above that lies after a place and is to the other colour,
// and the next one.
func (f *fax) above(at, colour int) (b1, b2 int) {
	get := func(i int) int {
		if i < len(f.last) {
			return f.last[i]
		}
		return f.width
	}
	i := colour
	for i < len(f.last) && f.last[i] <= at {
		i += 2
	}
	return get(i), get(i + 1)
}

// endOfLine passes fill bits and the code for the end of a line, where they are next.
func (f *fax) endOfLine() bool {
	const code = 11 // zeros before the 1
	if f.peek(code) != 0 {
		return false
	}
	at := f.at + code
	for at < 8*len(f.data) && f.data[at/8]>>(7-at%8)&1 == 0 {
		at++
	}
	if at >= 8*len(f.data) {
		return false
	}
	f.at = at + 1
	return true
}

// next reads a row.
func (f *fax) next(l *layout) error {
	f.line, f.last = f.last, f.line
	switch {
	case l.compression == packRLE:
		f.align()
		return f.plain()
	case l.compression == packFax4:
		return f.byLast()
	}
	marked := f.endOfLine()
	if l.number(tagFaxOptions, 0)&1 != 0 && marked {
		f.at++
		if (f.at-1)/8 < len(f.data) && f.data[(f.at-1)/8]>>(7-(f.at-1)%8)&1 == 0 {
			return f.byLast()
		}
	}
	return f.plain()
}

// unpackFax reads one bit a pixel: 0 for the runs that come first, which are white in a fax.
func (l *layout) unpackFax(data []byte, want int, s segment) ([]byte, error) {
	if l.bits != 1 || l.perPixel() != 1 {
		return nil, errors.New("fax codes of more than a bit a pixel")
	}
	f := &fax{faxCodes: newFaxCodes(), data: data, width: l.segmentWidth}
	stride := (l.segmentWidth + 7) / 8
	out := make([]byte, want)
	for y := range s.height {
		if err := f.next(l); err != nil {
			return nil, err
		}
		row := out[y*stride : (y+1)*stride]
		for i := 0; i < len(f.line); i += 2 {
			end := f.width
			if i+1 < len(f.line) {
				end = f.line[i+1]
			}
			for x := f.line[i]; x < end; x++ {
				row[x/8] |= 0x80 >> (x % 8)
			}
		}
	}
	return out, nil
}
