package jpeg

// bits reads entropy-coded data bit by bit. At a marker it stays, and gives zeros.
type bits struct {
	data []byte
	pos  int
	acc  uint64
	n    int // bits in acc
	// at a marker, or at the end of the data
	stopped bool
	pad     int // how many of acc's bits are zeros that the data does not have
	// some of these were given out
	short bool
}

// fill brings at least 32 bits into acc, as long as there are any.
func (b *bits) fill() {
	for b.n <= 32 {
		if b.stopped || b.pos >= len(b.data) {
			b.stopped = true
			return
		}
		c := b.data[b.pos]
		if c == 0xff {
			next := b.pos + 1
			for next < len(b.data) && b.data[next] == 0xff {
				next++
			}
			if next >= len(b.data) || b.data[next] != 0 {
				b.stopped = true
				return
			}
			b.pos = next // the stuffed zero
		}
		b.pos++
		b.acc = b.acc<<8 | uint64(c)
		b.n += 8
	}
}

// need makes n bits available, zeros if there are no more.
func (b *bits) need(n int) {
	if b.n >= n {
		return
	}
	if b.fill(); b.n < n {
		b.acc <<= 32
		b.n += 32
		b.pad += 32
	}
}

// take gives n bits, at most 16.
func (b *bits) take(n int) int {
	b.need(n)
	b.drop(n)
	return int(b.acc>>b.n) & (1<<n - 1)
}

// drop takes n bits that are there.
func (b *bits) drop(n int) {
	if b.n -= n; b.n < b.pad {
		b.pad, b.short = b.n, true
	}
}

// extended gives a number of n bits: those that begin with 0 are negative.
func (b *bits) extended(n int) int {
	if n == 0 {
		return 0
	}
	v := b.take(n)
	if v < 1<<(n-1) {
		v += -1<<n + 1
	}
	return v
}

// restart goes on at a byte.
func (b *bits) restart(pos int) {
	*b = bits{data: b.data, pos: pos}
}

// marker is where the marker or the end of the data is that follows.
func (b *bits) marker() int {
	for p := b.pos; p+1 < len(b.data); p++ {
		if b.data[p] == 0xff && b.data[p+1] != 0 && b.data[p+1] != 0xff {
			return p
		}
	}
	return len(b.data)
}
