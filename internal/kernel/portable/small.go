package portable

// small multiplies matrices that fit into the caches, as the heads of attention are: the left
// factor is read where it lies, and there are no blocks.
type small[T float] struct {
	tile   tile[T]
	stride int // of a row of scores: the tokens, up to whole tiles
	left   []T // a left factor of fewer rows than the tile, with zeros for the others
	edge   []T // a tile that reaches beyond its matrix
}

func newSmall[T float](f *frame[T], l headLayout) small[T] {
	t := f.tile
	return small[T]{
		tile: t, stride: pieces(l.tokens, t.cols) * t.cols,
		left: f.scratch(max(l.tokens, l.each()) * t.rows), edge: f.scratch(t.rows * t.cols),
	}
}

// panels is room for a packed right factor.
func (s *small[T]) panels(f *frame[T], depth, cols int) []T {
	return f.scratch(pieces(cols, s.tile.cols) * s.tile.cols * depth)
}

// pack packs b as the tile reads it: panels of the tile's columns, zeros beyond the last.
func (s *small[T]) pack(dst []T, b matrix[T]) {
	for j := 0; j < b.cols; j += s.tile.cols {
		pack(
			dst[j*b.rows:][:s.tile.cols*b.rows], b.data[j*b.right:], s.tile.cols,
			min(s.tile.cols, b.cols-j), b.right, b.down,
		)
	}
}

// multiply computes c = a b from a packed b. Where c's columns are whole tiles and reach beyond
// b's, those further are 0.
func (s *small[T]) multiply(c, a matrix[T], b []T) {
	t := s.tile
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
				t.multiply(a.cols, from, a.down, a.right, panel, &c.data[i0*c.down+j], c.down, false)
				continue
			}
			t.multiply(a.cols, from, a.down, a.right, panel, &s.edge[0], t.cols, false)
			store(c, s.edge, t.cols, i0, min(i0+t.rows, c.rows), j, j1, false)
		}
	}
}
