package jpeg

import "errors"

var errCode = errors.New("damaged image data: bad Huffman code")

// lookAhead is how many bits a table resolves at once.
const lookAhead = 9

// huffmanTable decodes symbols.
type huffmanTable struct {
	fast    [1 << lookAhead]uint16 // symbol and length of codes up to lookAhead bits, 0 for none
	maxCode [18]int                // the largest code of a length, -1 for none
	offset  [18]int                // what to add to a code for its symbol's index
	symbols []byte
}

func newHuffmanTable(counts [16]byte, symbols []byte) (*huffmanTable, error) {
	t := &huffmanTable{symbols: append([]byte(nil), symbols...)}
	code, k := 0, 0
	for length := 1; length <= 16; length++ {
		t.maxCode[length] = -1
		n := int(counts[length-1])
		t.offset[length] = k - code
		if code+n > 1<<length {
			return nil, errors.New("damaged Huffman table")
		}
		for range n {
			if length <= lookAhead {
				first := code << (lookAhead - length)
				for i := range 1 << (lookAhead - length) {
					t.fast[first+i] = uint16(symbols[k])<<8 | uint16(length)
				}
			}
			code++
			k++
		}
		if n > 0 {
			t.maxCode[length] = code - 1
		}
		code <<= 1
	}
	return t, nil
}

// symbol decodes the next one.
func (b *bits) symbol(t *huffmanTable) (int, error) {
	b.need(16)
	if f := t.fast[b.acc>>(b.n-lookAhead)&(1<<lookAhead-1)]; f != 0 {
		b.drop(int(f & 255))
		return int(f >> 8), nil
	}
	for length := lookAhead + 1; length <= 16; length++ {
		code := int(b.acc>>(b.n-length)) & (1<<length - 1)
		if code <= t.maxCode[length] {
			b.drop(length)
			return int(t.symbols[code+t.offset[length]]), nil
		}
	}
	return 0, errCode
}

// sequential codes whole blocks.
type sequential struct {
	*bits
	dc, ac [4]*huffmanTable // by component of the scan
	last   [4]int           // DC
}

func (s *sequential) restart(pos int) {
	s.bits.restart(pos)
	s.last = [4]int{}
}

func (s *sequential) block(at int, block *[64]int16) error {
	n, err := s.symbol(s.dc[at])
	if err != nil {
		return err
	}
	s.last[at] += s.extended(n & 15)
	block[0] = int16(s.last[at])
	for k := 1; k < 64; k++ {
		rs, err := s.symbol(s.ac[at])
		if err != nil {
			return err
		}
		run, n := rs>>4, rs&15
		if n == 0 {
			if run != 15 {
				break
			}
			k += 15
			continue
		}
		k += run
		block[zigzag[k]] = int16(s.extended(n))
	}
	return nil
}
