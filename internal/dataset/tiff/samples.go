package tiff

import "math"

// sampler gives sample i of a row.
type sampler func(row []byte, i int) float64

// integer gives sample i of a row as it is stored, of up to 32 bits.
func (l *layout) integer() func(row []byte, i int) uint32 {
	order, n := l.order, l.bits
	switch n {
	case 8:
		return func(row []byte, i int) uint32 { return uint32(row[i]) }
	case 16:
		return func(row []byte, i int) uint32 { return uint32(order.Uint16(row[2*i:])) }
	case 32:
		return func(row []byte, i int) uint32 { return order.Uint32(row[4*i:]) }
	case 24:
		return func(row []byte, i int) uint32 {
			b := row[3*i : 3*i+3]
			if order.String() == "LittleEndian" {
				return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16
			}
			return uint32(b[2]) | uint32(b[1])<<8 | uint32(b[0])<<16
		}
	}
	return func(row []byte, i int) uint32 { // bit by bit, the highest first
		v := uint32(0)
		for at := i * n; at < (i+1)*n; at++ {
			v = v<<1 | uint32(row[at/8]>>(7-at%8)&1)
		}
		return v
	}
}

// float gives sample i of a row of floats.
func (l *layout) float() sampler {
	order := l.order
	switch l.bits {
	case 16:
		return func(row []byte, i int) float64 { return half(order.Uint16(row[2*i:])) }
	case 32:
		return func(row []byte, i int) float64 {
			return float64(math.Float32frombits(order.Uint32(row[4*i:])))
		}
	case 24: // of 7 bits of exponent
		whole := l.integer()
		return func(row []byte, i int) float64 {
			v := whole(row, i)
			e := int(v >> 16 & 127)
			m := float64(v&0xffff) / (1 << 16)
			if e == 0 {
				return sign(v>>23) * math.Ldexp(m, -62)
			}
			return sign(v>>23) * math.Ldexp(1+m, e-63)
		}
	}
	return func(row []byte, i int) float64 { return math.Float64frombits(order.Uint64(row[8*i:])) }
}

func sign(bit uint32) float64 { return 1 - 2*float64(bit&1) }

// half is a float of 16 bits.
func half(v uint16) float64 {
	e, m := int(v>>10&31), float64(v&1023)/1024
	switch e {
	case 0:
		return sign(uint32(v>>15)) * math.Ldexp(m, -14)
	case 31:
		if m != 0 {
			return math.NaN()
		}
		return sign(uint32(v>>15)) * math.Inf(1)
	}
	return sign(uint32(v>>15)) * math.Ldexp(1+m, e-15)
}
