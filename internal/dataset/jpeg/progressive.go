package jpeg

// progressive codes a band of the coefficients, or one more bit of them.
type progressive struct {
	*bits
	spectrum
	dc   [4]*huffmanTable
	ac   *huffmanTable
	last [4]int
	run  int // blocks that are at their end
}

func (p *progressive) restart(pos int) {
	p.bits.restart(pos)
	p.last, p.run = [4]int{}, 0
}

func (p *progressive) block(at int, block *[64]int16) error {
	switch {
	case p.from == 0 && p.high == 0:
		n, err := p.symbol(p.dc[at])
		if err != nil {
			return err
		}
		p.last[at] += p.extended(n & 15)
		block[0] = int16(p.last[at] << p.low)
		return nil
	case p.from == 0:
		if p.take(1) == 1 {
			block[0] |= 1 << p.low
		}
		return nil
	case p.high == 0:
		return p.begin(block)
	}
	return p.refine(block)
}

// begin reads the first bits of a band.
func (p *progressive) begin(block *[64]int16) error {
	if p.run > 0 {
		p.run--
		return nil
	}
	for k := p.from; k <= p.to; k++ {
		rs, err := p.symbol(p.ac)
		if err != nil {
			return err
		}
		run, n := rs>>4, rs&15
		switch {
		case n != 0:
			k += run
			block[zigzag[k]] = int16(p.extended(n) << p.low)
		case run == 15:
			k += 15
		default:
			p.run = 1<<run - 1
			if run > 0 {
				p.run += p.take(run)
			}
			return nil
		}
	}
	return nil
}

// refine reads one more bit of a band.
func (p *progressive) refine(block *[64]int16) error {
	k := p.from
	if p.run == 0 {
		for ; k <= p.to; k++ {
			rs, err := p.symbol(p.ac)
			if err != nil {
				return err
			}
			run, n := rs>>4, rs&15
			value := int16(0)
			switch {
			case n != 0: // of size 1, whatever it says
				value = -1 << p.low
				if p.take(1) == 1 {
					value = 1 << p.low
				}
			case run != 15:
				p.run = 1 << run
				if run > 0 {
					p.run += p.take(run)
				}
			}
			if p.run > 0 {
				break
			}
			k = p.skip(block, k, run)
			if value != 0 && k < 64 {
				block[zigzag[k]] = value
			}
		}
	}
	if p.run > 0 {
		p.skip(block, k, 64)
		p.run--
	}
	return nil
}

// skip passes run coefficients that are still zero and refines the others on the way. It gives the
// place of the zero after them.
func (p *progressive) skip(block *[64]int16, k, run int) int {
	for ; k <= p.to; k++ {
		c := &block[zigzag[k]]
		if *c == 0 {
			if run == 0 {
				break
			}
			run--
			continue
		}
		if p.take(1) == 1 && *c&(1<<p.low) == 0 {
			if *c >= 0 {
				*c += 1 << p.low
			} else {
				*c -= 1 << p.low
			}
		}
	}
	return k
}
