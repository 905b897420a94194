package portable

import "cmae/internal/kernel"

// tokens is a sequence of rows for each image, [B,T,D]; a table [T,D] counts as one image.
type tokens[T float] struct {
	data                 []T
	batch, tokens, width int
}

func tokensOf[T float](t kernel.Tensor, data []T) tokens[T] {
	rank := len(t.Shape)
	s := tokens[T]{data: data, batch: 1, tokens: t.Shape[rank-2], width: t.Shape[rank-1]}
	if rank == 3 {
		s.batch = t.Shape[0]
	}
	return s
}

// row is token t of image b.
func (s tokens[T]) row(b, t int) []T { return s.span(b, t, t+1) }

// span is the tokens from t0 to t1 of image b.
func (s tokens[T]) span(b, t0, t1 int) []T {
	first := b * s.tokens
	return s.data[(first+t0)*s.width : (first+t1)*s.width]
}

// each calls body for every token.
func (s tokens[T]) each(w workers, body func(b, t int, row []T)) {
	w.rows(s.batch*s.tokens, s.width, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			body(i/s.tokens, i%s.tokens, s.data[i*s.width:(i+1)*s.width])
		}
	})
}

// sum adds the tokens that take accepts, in order, into total[D].
func (s tokens[T]) sum(w workers, total []T, take func(b, t int) bool) {
	w.each(s.width, columnGrain, func(lo, hi int) {
		var sums columns
		for b := range s.batch {
			for t := range s.tokens {
				if !take(b, t) {
					continue
				}
				for j, v := range s.row(b, t)[lo:hi] {
					sums[j] += float64(v)
				}
			}
		}
		for j := range total[lo:hi] {
			total[lo+j] = T(sums[j])
		}
	})
}

// SliceTokens: y[B,to-from,D] = x[:,from:to].
func (m *arithmetic[T]) SliceTokens(y, x kernel.Tensor, from, to int) {
	f := m.open()
	defer f.close()
	ys, xs := tokensOf(y, f.out(y)), tokensOf(x, f.in(x))
	m.rows(ys.batch, ys.tokens*ys.width, func(lo, hi int) {
		for b := lo; b < hi; b++ {
			copy(ys.span(b, 0, ys.tokens), xs.span(b, from, to))
		}
	})
}

// PadTokens: dx[B,T,D] holds dy at from, zeros elsewhere.
func (m *arithmetic[T]) PadTokens(dx, dy kernel.Tensor, from int) {
	f := m.open()
	defer f.close()
	to, dys := tokensOf(dx, f.out(dx)), tokensOf(dy, f.in(dy))
	m.rows(to.batch, to.tokens*to.width, func(lo, hi int) {
		for b := lo; b < hi; b++ {
			clear(to.span(b, 0, from))
			copy(to.span(b, from, from+dys.tokens), dys.span(b, 0, dys.tokens))
			clear(to.span(b, from+dys.tokens, to.tokens))
		}
	})
}

// ConcatTokens: y[B,S+T,D] = a[B,S,D] before b[B,T,D].
func (m *arithmetic[T]) ConcatTokens(y, a, b kernel.Tensor) {
	f := m.open()
	defer f.close()
	to, head, tail := tokensOf(y, f.out(y)), tokensOf(a, f.in(a)), tokensOf(b, f.in(b))
	m.rows(to.batch, to.tokens*to.width, func(lo, hi int) {
		for i := lo; i < hi; i++ {
			copy(to.span(i, 0, head.tokens), head.span(i, 0, head.tokens))
			copy(to.span(i, head.tokens, to.tokens), tail.span(i, 0, tail.tokens))
		}
	})
}

// Transpose: y[B,C,R] = x[B,R,C] per image.
func (m *arithmetic[T]) Transpose(y, x kernel.Tensor) {
	f := m.open()
	defer f.close()
	to, from := tokensOf(y, f.out(y)), tokensOf(x, f.in(x))
	to.each(m.workers, func(b, t int, row []T) {
		column := from.span(b, 0, from.tokens)[t:]
		for i := range row {
			row[i] = column[i*from.width]
		}
	})
}
