package jpeg

// Fixed-point constants of the inverse transform of Loeffler, Ligtenberg and Moschytz, 13 bits
// after the point: the one that libjpeg calls slow, whose rounding is kept.
const (
	fixBits = 13
	fix0298 = 2446
	fix0390 = 3196
	fix0541 = 4433
	fix0765 = 6270
	fix0899 = 7373
	fix1175 = 9633
	fix1501 = 12299
	fix1847 = 15137
	fix1961 = 16069
	fix2053 = 16819
	fix2562 = 20995
	fix3072 = 25172
)

// sample is a value of a picture.
type sample interface{ uint8 | uint16 }

// inverse transforms a block and writes its samples, rows stride apart.
func inverse[T sample](block *[64]int16, quant *[64]uint16, out []T, stride, precision int) {
	pass := 2 // bits that are kept after the columns
	if precision > 8 {
		pass = 1
	}
	var work [64]int32
	for x := range 8 {
		flat := true
		for y := 1; y < 8; y++ {
			flat = flat && block[8*y+x] == 0
		}
		if flat {
			dc := int32(block[x]) * int32(quant[x]) << pass
			for y := range 8 {
				work[8*y+x] = dc
			}
			continue
		}
		var in [8]int32
		for y := range 8 {
			in[y] = int32(block[8*y+x]) * int32(quant[8*y+x])
		}
		transform(&in, fixBits-pass)
		for y := range 8 {
			work[8*y+x] = in[y]
		}
	}
	centre, top := int32(1)<<(precision-1), int32(1)<<precision-1
	for y := range 8 {
		row := (*[8]int32)(work[8*y:])
		transform(row, fixBits+pass+3)
		to := out[y*stride:][:8]
		for x, v := range row {
			to[x] = T(min(max(v+centre, 0), top))
		}
	}
}

// transform is the inverse transform of eight values in place, scaled down by shift bits.
func transform(v *[8]int32, shift int) {
	z1 := (v[2] + v[6]) * fix0541
	even2, even3 := z1-v[6]*fix1847, z1+v[2]*fix0765
	even0, even1 := (v[0]+v[4])<<fixBits, (v[0]-v[4])<<fixBits
	t10, t13 := even0+even3, even0-even3
	t11, t12 := even1+even2, even1-even2

	z1, z2, z3, z4 := v[7]+v[1], v[5]+v[3], v[7]+v[3], v[5]+v[1]
	z5 := (z3 + z4) * fix1175
	z1, z2 = -z1*fix0899, -z2*fix2562
	z3, z4 = -z3*fix1961+z5, -z4*fix0390+z5
	t0, t1 := v[7]*fix0298+z1+z3, v[5]*fix2053+z2+z4
	t2, t3 := v[3]*fix3072+z2+z3, v[1]*fix1501+z1+z4

	half := int32(1) << (shift - 1)
	v[0], v[7] = (t10+t3+half)>>shift, (t10-t3+half)>>shift
	v[1], v[6] = (t11+t2+half)>>shift, (t11-t2+half)>>shift
	v[2], v[5] = (t12+t1+half)>>shift, (t12-t1+half)>>shift
	v[3], v[4] = (t13+t0+half)>>shift, (t13-t0+half)>>shift
}
