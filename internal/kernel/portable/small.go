package portable

// small multiplies matrices that fit into the caches, as the heads of attention are: the left
// factor is read where it lies, and there are no blocks.
type small[T float] struct {
	f    *frame[T]
	left []T // a left factor of fewer rows than the tile, with zeros for the others
	edge []T // a tile that reaches beyond its matrix
}

// newSmall is for products of at most so many columns of the left factor.
func newSmall[T float](f *frame[T], depth int) small[T] {
	t := f.tile
	return small[T]{f: f, left: f.scratch(depth * t.rows), edge: f.scratch(t.rows * t.cols)}
}

// padded is so many columns up to a whole tile.
func (s *small[T]) padded(cols int) int { return pieces(cols, s.f.tile.cols) * s.f.tile.cols }

// panels is room for a packed right factor.
func (s *small[T]) panels(depth, cols int) []T { return s.f.scratch(s.padded(cols) * depth) }

// pack packs b as the tile reads it: panels of the tile's columns.
func (s *small[T]) pack(dst []T, b matrix[T]) {
	cols := s.f.tile.cols
	for j := 0; j < b.cols; j += cols {
		packPanel(dst[j*b.rows:][:cols*b.rows], b, j, cols)
	}
}

// multiply computes c = a b from a packed b. Where c's columns are whole tiles and reach beyond
// b's, those further are 0.
func (s *small[T]) multiply(c, a matrix[T], b []T) {
	t := s.f.tile
	if a.rows < t.rows {
		left := s.left[:t.rows*a.cols]
		pack(left, a.data, t.rows, a.rows, a.down, a.right)
		a.data, a.down, a.right = left, 1, t.rows
	}
	for j := 0; j < c.cols; j += t.cols {
		panel, j1 := &b[j*a.cols], min(j+t.cols, c.cols)
		for i := 0; i < c.rows; i += t.rows {
			// The last tile reaches back to rows that are there already, and are the same again.
			i0 := max(0, min(i, c.rows-t.rows))
			from := &a.data[i0*a.down]
			if j1-j == t.cols && c.rows >= t.rows {
				to := &c.data[i0*c.down+j]
				t.multiply(a.cols, from, a.down, a.right, panel, to, c.down, false)
				continue
			}
			t.multiply(a.cols, from, a.down, a.right, panel, &s.edge[0], t.cols, false)
			store(c, s.edge, t.cols, i0, min(i0+t.rows, c.rows), j, j1, false)
		}
	}
}
