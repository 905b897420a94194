package portable

// panels holds one block of depth of both factors in the order in which a tile reads them: panel after panel, in each depth by
// depth, one element for each row (of a) or column (of b) of the tile, zeros beyond the matrix.
type panels[T float] struct {
	a, b  []T
	depth int
}

// packRows packs panel i of a, alpha included.
func (s panels[T]) packRows(t tile[T], p product[T], i, k0 int) {
	dst := s.a[i*t.rows*s.depth:][:t.rows*s.depth]
	lanes := min(t.rows, p.a.rows-i*t.rows)
	pack(dst, p.a.data[i*t.rows*p.a.down+k0*p.a.right:], t.rows, lanes, p.a.down, p.a.right)
	if p.alpha != 1 {
		for k := range dst {
			dst[k] *= p.alpha
		}
	}
}

// packCols packs panel j of b.
func (s panels[T]) packCols(t tile[T], p product[T], j, k0 int) {
	dst := s.b[j*t.cols*s.depth:][:t.cols*s.depth]
	lanes := min(t.cols, p.b.cols-j*t.cols)
	pack(dst, p.b.data[j*t.cols*p.b.right+k0*p.b.down:], t.cols, lanes, p.b.right, p.b.down)
}

// pack fills dst[k*width+l] with src[l*across+k*deep] for the first lanes of width, the others with 0.
func pack[T float](dst, src []T, width, lanes, across, deep int) {
	if lanes < width {
		clear(dst)
	}
	if across == 1 {
		for k := 0; k*width < len(dst); k++ {
			copy(dst[k*width:][:lanes], src[k*deep:])
		}
		return
	}
	l := 0
	if deep == 1 {
		depth := len(dst) / width
		for ; l+4 <= lanes; l += 4 {
			interleave4(dst[l:], src[l*across:], width, across, depth)
		}
	}
	for ; l < lanes; l++ {
		for k := 0; k*width < len(dst); k++ {
			dst[k*width+l] = src[l*across+k*deep]
		}
	}
}

// interleave4 transposes four rows at once, so that a cache line of dst is touched less often.
func interleave4[T float](dst, src []T, width, across, depth int) {
	s0, s1 := src[:depth], src[across:][:depth]
	s2, s3 := src[2*across:][:depth], src[3*across:][:depth]
	for k, v := range s0 {
		d := dst[k*width:][:4]
		d[0], d[1], d[2], d[3] = v, s1[k], s2[k], s3[k]
	}
}
