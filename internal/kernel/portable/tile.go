package portable

import "unsafe"

// tile is the inner part of the matrix product, which keeps rows x cols sums in registers.
type tile[T float] struct {
	rows, cols int
	// multiply sets c[i*stride+j], or adds to it, the sum over k < depth of a[i*down+k*right]
	// b[k*cols+j].
	multiply func(depth int, a *T, down, right int, b, c *T, stride int, add bool)
}

// tile32 is the float32 tile of this machine: an architecture with a better one puts it here at
// start.
var tile32 = tileOf[float32]()

// tileOf is the tile in plain Go.
func tileOf[T float]() tile[T] { return tile[T]{rows: 4, cols: 4, multiply: multiply4x4[T]} }

func multiply4x4[T float](depth int, a *T, down, right int, b, c *T, stride int, add bool) {
	as, bs := unsafe.Slice(a, 3*down+(depth-1)*right+1), unsafe.Slice(b, 4*depth)
	var c00, c01, c02, c03, c10, c11, c12, c13, c20, c21, c22, c23, c30, c31, c32, c33 T
	for k := 0; len(bs) >= 4; k += right {
		a0, a1, a2, a3 := as[k], as[k+down], as[k+2*down], as[k+3*down]
		b0, b1, b2, b3 := bs[0], bs[1], bs[2], bs[3]
		c00, c01, c02, c03 = c00+a0*b0, c01+a0*b1, c02+a0*b2, c03+a0*b3
		c10, c11, c12, c13 = c10+a1*b0, c11+a1*b1, c12+a1*b2, c13+a1*b3
		c20, c21, c22, c23 = c20+a2*b0, c21+a2*b1, c22+a2*b2, c23+a2*b3
		c30, c31, c32, c33 = c30+a3*b0, c31+a3*b1, c32+a3*b2, c33+a3*b3
		bs = bs[4:]
	}
	sums := [4][4]T{
		{c00, c01, c02, c03}, {c10, c11, c12, c13}, {c20, c21, c22, c23}, {c30, c31, c32, c33},
	}
	cs := unsafe.Slice(c, 3*stride+4)
	for i, row := range sums {
		to := cs[i*stride:][:4]
		for j, v := range row {
			if add {
				v += to[j]
			}
			to[j] = v
		}
	}
}
