package portable

import "cmae/internal/kernel"

// Linear: y[R,N] = epilogue(x[R,K] w[N,K]^T).
func (m *arithmetic[T]) Linear(y, x, w kernel.Tensor, e kernel.Epilogue) {
	f := m.open()
	defer f.close()
	n, k := w.Shape[0], w.Shape[1]
	ep := epilogue[T]{
		bias: f.in(e.Bias), pre: f.out(e.Pre), gelu: e.GELU, residual: f.in(e.Residual),
	}
	if e.Residual.Data == y.Data && y.Type != kernel.BF16 {
		ep.residual = f.scratch(y.Len())
		convert(m.workers, ep.residual, f.in(y))
	}
	linear(m, f.out(y), f.in(x), f.in(w), n, k, ep)
}

// LinearGradInput: dx[R,K] = dy[R,N] w[N,K].
func (m *arithmetic[T]) LinearGradInput(dx, dy, w kernel.Tensor) {
	f := m.open()
	defer f.close()
	linearGradInput(m, f.out(dx), f.in(dy), f.in(w), w.Shape[0], w.Shape[1])
}

// LinearGradWeight: dw[N,K] = dy[R,N]^T x[R,K], db[N] the column sum of dy.
func (m *arithmetic[T]) LinearGradWeight(dw, db, dy, x kernel.Tensor) {
	f := m.open()
	defer f.close()
	linearGradWeight(m, f.out(dw), f.out(db), f.in(dy), f.in(x), dw.Shape[0], dw.Shape[1])
}

// MatMul: c[m,n] = alpha op(a) op(b).
func (m *arithmetic[T]) MatMul(c, a, b kernel.Tensor, transA, transB bool, alpha float64) {
	f := m.open()
	defer f.close()
	left, right := dense(f.in(a), a.Shape[0], a.Shape[1]), dense(f.in(b), b.Shape[0], b.Shape[1])
	if transA {
		left = left.transposed()
	}
	if transB {
		right = right.transposed()
	}
	m.multiply(
		product[T]{c: dense(f.out(c), c.Shape[0], c.Shape[1]), a: left, b: right, alpha: T(alpha)},
	)
}

// epilogue is kernel.Epilogue on slices; residual isn't y.
type epilogue[T float] struct {
	bias, pre, residual []T
	gelu                bool
}

func linear[T float](m *arithmetic[T], y, x, w []T, n, k int, e epilogue[T]) {
	r := len(y) / n
	p := product[T]{c: dense(y, r, n), a: dense(x, r, k), b: dense(w, n, k).transposed(), alpha: 1}
	p.finish = func(i0, i1, j0, j1 int) {
		for i := i0; i < i1; i++ {
			e.apply(y, i*n, j0, j1)
		}
	}
	m.multiply(p)
}

// apply finishes columns j0 to j1 of the row that starts at element row.
func (e epilogue[T]) apply(y []T, row, j0, j1 int) {
	v := y[row+j0 : row+j1]
	if e.bias != nil {
		add(v, v, e.bias[j0:j1])
	}
	if e.pre != nil {
		copy(e.pre[row+j0:], v)
	}
	if e.gelu {
		gelu(v, v)
	}
	if e.residual != nil {
		add(v, v, e.residual[row+j0:row+j1])
	}
}

func linearGradInput[T float](m *arithmetic[T], dx, dy, w []T, n, k int) {
	r := len(dx) / k
	m.multiply(product[T]{c: dense(dx, r, k), a: dense(dy, r, n), b: dense(w, n, k), alpha: 1})
}

func linearGradWeight[T float](m *arithmetic[T], dw, db, dy, x []T, n, k int) {
	r := len(dy) / n
	m.multiply(
		product[T]{
			c: dense(dw, n, k), a: dense(dy, r, n).transposed(), b: dense(x, r, k), alpha: 1,
		},
	)
	if db != nil {
		m.columnSums(db, dy)
	}
}

// columnSums adds the rows of x[R,C].
func (m *arithmetic[T]) columnSums(sums, x []T) {
	narrow, ok := any(x).([]float32)
	if !ok {
		columnSums(m.workers, sums, x)
		return
	}
	f := m.open()
	defer f.close()
	c := len(sums)
	r, grain := len(x)/c, sumGrain(c)
	parts := scratchOf[float32](f, pieces(r, grain)*c)
	m.each(r, grain, func(lo, hi int) {
		part := parts[lo/grain*c:][:c]
		clear(part)
		vector.addRows(part, narrow[lo*c:hi*c])
	})
	columnSums(m.workers, sums, parts)
}

// columnGrain is how many columns one task sums: two cache lines of float32.
const columnGrain = 32

// columnSums adds the rows of x[R,C], the first row first.
func columnSums[D, S float](w workers, sums []D, x []S) {
	c := len(sums)
	w.each(c, columnGrain, func(lo, hi int) {
		var total [columnGrain]float64
		for row := 0; row < len(x); row += c {
			for j, v := range x[row+lo : row+hi] {
				total[j] += float64(v)
			}
		}
		for j := range sums[lo:hi] {
			sums[lo+j] = D(total[j])
		}
	})
}
