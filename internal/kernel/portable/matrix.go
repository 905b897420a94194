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

// part is rows lo to hi.
func (a matrix[T]) part(lo, hi int) matrix[T] {
	a.data, a.rows = a.data[lo*a.down:], hi-lo
	return a
}

// The product is computed in blocks of depth, rows and columns: what one task reads stays in its
// core's second-level cache, and one panel of b in the first level.
const (
	blockDepth = 384
	blockRows  = 96
	blockCols  = 256
)

// product is c = alpha a b, where c's columns are adjacent. finish, unless nil, is told of each
// block of c when it is complete.
type product[T float] struct {
	c, a, b matrix[T]
	alpha   T
	finish  func(i0, i1, j0, j1 int)
}

// multiply computes p. Each block of depth is packed first, a into panels of the tile's rows and b
// into panels of its columns, then blocks of c are independent tasks. An element of c is a sum over
// depth in ascending order, however the work is cut.
func (m *arithmetic[T]) multiply(p product[T]) {
	f := m.open()
	defer f.close()
	t := m.tile
	down, across := pieces(p.c.rows, t.rows), pieces(p.c.cols, t.cols)
	depth := even(p.a.cols, blockDepth)
	s := &f.stage
	*s = stage[T]{
		tile: t, product: p, a: f.scratch(down * t.rows * depth),
		b: f.scratch(across * t.cols * depth),
	}
	for s.from = 0; s.from < p.a.cols; s.from += depth {
		s.depth = min(depth, p.a.cols-s.from)
		if m.threads == 1 {
			s.pack(0, down+across)
			s.compute(m, 0, s.tasks())
			continue
		}
		m.each(down+across, 4, s.pack)
		m.each(s.tasks(), 1, func(lo, hi int) { s.compute(m, lo, hi) })
	}
}

// stage is a product at one block of depth, with both factors packed.
type stage[T float] struct {
	product[T]
	tile        tile[T]
	a, b        []T
	from, depth int
}

// block is the rows and columns of c in one task.
func (s *stage[T]) block() (rows, cols int) {
	return blockRows / s.tile.rows * s.tile.rows, blockCols / s.tile.cols * s.tile.cols
}

func (s *stage[T]) tasks() int {
	rows, cols := s.block()
	return pieces(s.c.rows, rows) * pieces(s.c.cols, cols)
}

// compute does tasks lo to hi: the product of their packed panels, added to c from the second block
// of depth on.
func (s *stage[T]) compute(m *arithmetic[T], lo, hi int) {
	f := m.open()
	defer f.close()
	edge := f.scratch(s.tile.rows * s.tile.cols)
	rows, cols := s.block()
	across := pieces(s.c.cols, cols)
	for task := lo; task < hi; task++ {
		i0, j0 := task/across*rows, task%across*cols
		i1, j1 := min(i0+rows, s.c.rows), min(j0+cols, s.c.cols)
		for j := j0; j < j1; j += s.tile.cols {
			for i := i0; i < i1; i += s.tile.rows {
				s.computeTile(edge, i, min(i+s.tile.rows, i1), j, min(j+s.tile.cols, j1))
			}
		}
		if s.finish != nil && s.from+s.depth == s.product.a.cols {
			s.finish(i0, i1, j0, j1)
		}
	}
}

// computeTile goes by way of edge where the tile reaches beyond c.
func (s *stage[T]) computeTile(edge []T, i0, i1, j0, j1 int) {
	t, add := s.tile, s.from > 0
	a, down, right := &s.a[i0*s.depth], 1, t.rows
	if s.direct(i0 / t.rows) {
		m := s.product.a
		a, down, right = &m.data[i0*m.down+s.from*m.right], m.down, m.right
	}
	b := &s.b[j0*s.depth]
	if i1-i0 == t.rows && j1-j0 == t.cols {
		t.multiply(s.depth, a, down, right, b, &s.c.data[i0*s.c.down+j0], s.c.down, add)
		return
	}
	t.multiply(s.depth, a, down, right, b, &edge[0], t.cols, false)
	store(s.c, edge, t.cols, i0, i1, j0, j1, add)
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

// even is the largest part when n is cut into as few parts of at most size as possible, all about
// alike.
func even(n, size int) int { return pieces(n, max(1, pieces(n, size))) }
