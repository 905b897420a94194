package portable

// Packed, a factor lies in the order in which a tile reads it: panel after panel, in each depth by
// depth, one element for each row (of a) or column (of b) of the tile, zeros beyond the matrix.

// pack packs panels lo to hi, the ones of a before the ones of b.
func (s *stage[T]) pack(lo, hi int) {
	down := pieces(s.c.rows, s.tile.rows)
	for i := lo; i < hi; i++ {
		if i < down {
			s.packRows(i)
		} else {
			s.packCols(i - down)
		}
	}
}

// direct reports whether the tile reads panel i of a where it lies: rows whose elements are
// neighbours need no packing, unless one lies a multiple of a page from the next, where a cache
// holds few of them at a time.
func (s *stage[T]) direct(i int) bool {
	a := s.product.a
	return s.alpha == 1 && a.right == 1 && a.down%1024 != 0 && (i+1)*s.tile.rows <= a.rows
}

// packRows packs panel i of a, alpha included.
func (s *stage[T]) packRows(i int) {
	if s.direct(i) {
		return
	}
	rows, a := s.tile.rows, s.product.a
	dst := s.a[i*rows*s.depth:][:rows*s.depth]
	pack(
		dst, a.data[i*rows*a.down+s.from*a.right:], rows, min(rows, a.rows-i*rows), a.down, a.right,
	)
	if s.alpha != 1 {
		scale(dst, dst, s.alpha)
	}
}

// packCols packs panel j of b.
func (s *stage[T]) packCols(j int) {
	cols, b := s.tile.cols, s.product.b.part(s.from, s.from+s.depth)
	packPanel(s.b[j*cols*s.depth:][:cols*s.depth], b, j*cols, cols)
}

// packPanel packs columns j to j+cols of b, zeros beyond its last.
func packPanel[T float](dst []T, b matrix[T], j, cols int) {
	pack(dst, b.data[j*b.right:], cols, min(cols, b.cols-j), b.right, b.down)
}

// pack fills dst[k*width+l] with src[l*across+k*deep] for the first lanes of width, the others with
// 0.
func pack[T float](dst, src []T, width, lanes, across, deep int) {
	if lanes < width {
		clear(dst)
	}
	depth := len(dst) / width
	l := 0
	if across == 1 {
		l = copyLanes(dst, src, width, lanes, deep, depth)
	}
	for ; across == 1 && l+4 <= lanes; l += 4 {
		copy4(dst[l:], src[l:], width, deep, depth)
	}
	for ; deep == 1 && l+4 <= lanes; l += 4 {
		interleave4(dst[l:], src[l*across:], width, across, depth)
	}
	for ; l < lanes; l++ {
		for k := range depth {
			dst[k*width+l] = src[l*across+k*deep]
		}
	}
}

// copyLanes moves as many neighbours from each row of src as there is a loop in assembly for, and
// says how many.
func copyLanes[T float](dst, src []T, width, lanes, deep, depth int) int {
	if d, ok := any(dst).([]float32); ok {
		return vector.copyLanes(d, any(src).([]float32), width, lanes, deep, depth)
	}
	return 0
}

// copy4 moves four neighbours from each row of src.
func copy4[T float](dst, src []T, width, deep, depth int) {
	for k := range depth {
		*(*[4]T)(dst[k*width:]) = *(*[4]T)(src[k*deep:])
	}
}

// interleave4 transposes four rows of src.
func interleave4[T float](dst, src []T, width, across, depth int) {
	if d, ok := any(dst).([]float32); ok {
		done := vector.interleave4(d, any(src).([]float32), width, across, depth)
		if done == depth {
			return
		}
		dst, src, depth = dst[done*width:], src[done:], depth-done
	}
	s0, s1 := src[:depth], src[across:][:depth]
	s2, s3 := src[2*across:][:depth], src[3*across:][:depth]
	for k, v := range s0 {
		d := dst[k*width:][:4]
		d[0], d[1], d[2], d[3] = v, s1[k], s2[k], s3[k]
	}
}
