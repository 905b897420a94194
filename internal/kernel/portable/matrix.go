package portable

// matrix is a strided view: element (i,j) is data[i*down + j*right].
type matrix[T float] struct {
	data        []T
	rows, cols  int
	down, right int
}

// dense views a row-major slice.
func dense[T float](data []T, rows, cols int) matrix[T] {
	return matrix[T]{data: data, rows: rows, cols: cols, down: cols, right: 1}
}

// transposed is the same memory with rows and columns exchanged.
func (a matrix[T]) transposed() matrix[T] {
	return matrix[T]{data: a.data, rows: a.cols, cols: a.rows, down: a.right, right: a.down}
}

// The product is computed in blocks of depth, rows and columns: what one task reads stays in its core's second-level cache, and one
// panel of b in the first level.
const (
	blockDepth = 384
	blockRows  = 96
	blockCols  = 256
)

// product is c = alpha a b, where c's columns are adjacent. finish, unless nil, is told of each block of c when it is complete.
type product[T float] struct {
	c, a, b matrix[T]
	alpha   T
	finish  func(i0, i1, j0, j1 int)
}

// multiply computes p. Each block of depth is packed first, a into panels of the tile's rows and b into panels of its columns, then
// blocks of c are independent tasks. An element of c is a sum over depth in ascending order, however the work is cut.
func (m *machine[T]) multiply(p product[T]) {
	f := m.open()
	defer f.close()
	t := m.tile
	down, across := pieces(p.c.rows, t.rows), pieces(p.c.cols, t.cols)
	depth := even(p.a.cols, blockDepth)
	packed := panels[T]{a: f.scratch(down * t.rows * depth), b: f.scratch(across * t.cols * depth)}
	height, width := blockRows/t.rows*t.rows, blockCols/t.cols*t.cols
	blocksAcross := pieces(p.c.cols, width)
	for k0 := 0; k0 < p.a.cols; k0 += depth {
		packed.depth = min(depth, p.a.cols-k0)
		first, last := k0 == 0, k0+depth >= p.a.cols
		m.each(down+across, 4, func(lo, hi int) {
			for i := lo; i < hi; i++ {
				if i < down {
					packed.packRows(t, p, i, k0)
				} else {
					packed.packCols(t, p, i-down, k0)
				}
			}
		})
		m.each(pieces(p.c.rows, height)*blocksAcross, 1, func(task, _ int) {
			i0, j0 := task/blocksAcross*height, task%blocksAcross*width
			i1, j1 := min(i0+height, p.c.rows), min(j0+width, p.c.cols)
			m.block(p.c, packed, i0, i1, j0, j1, !first)
			if last && p.finish != nil {
				p.finish(i0, i1, j0, j1)
			}
		})
	}
}

// block computes c[i0:i1, j0:j1] from packed panels, adding to what c holds or replacing it.
func (m *machine[T]) block(c matrix[T], packed panels[T], i0, i1, j0, j1 int, add bool) {
	t, depth := m.tile, packed.depth
	var edge []T
	for j := j0; j < j1; j += t.cols {
		b := packed.b[j*depth:]
		for i := i0; i < i1; i += t.rows {
			a := packed.a[i*depth:]
			if i+t.rows <= i1 && j+t.cols <= j1 {
				t.multiply(depth, &a[0], &b[0], &c.data[i*c.down+j], c.down, add)
				continue
			}
			if edge == nil {
				f := m.open()
				defer f.close()
				edge = f.scratch(t.rows * t.cols)
			}
			t.multiply(depth, &a[0], &b[0], &edge[0], t.cols, false)
			store(c, edge, t.cols, i, min(i+t.rows, i1), j, min(j+t.cols, j1), add)
		}
	}
}

// store writes the part of a tile that lies inside c.
func store[T float](c matrix[T], tile []T, stride, i0, i1, j0, j1 int, add bool) {
	for i := i0; i < i1; i++ {
		row := c.data[i*c.down+j0 : i*c.down+j1]
		from := tile[(i-i0)*stride:][:len(row)]
		if !add {
			copy(row, from)
			continue
		}
		for j, v := range from {
			row[j] += v
		}
	}
}

// pieces is how many parts of size cover n.
func pieces(n, size int) int { return (n + size - 1) / size }

// even is the largest part when n is cut into as few parts of at most size as possible, all about alike.
func even(n, size int) int { return pieces(n, max(1, pieces(n, size))) }
