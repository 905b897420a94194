package compose

import "cmae/internal/kernel"

// rows is x as [R,C].
func rows(x kernel.Tensor) kernel.Tensor { return x.View(x.Rows(), x.Cols()) }

// rowSums: y[r] = sum of x[r].
func (w *work) rowSums(y, x kernel.Tensor) {
	r, c := x.Rows(), x.Cols()
	w.Linear(y.View(r, 1), x.View(r, c), w.ones(x, c).View(1, c), kernel.Epilogue{})
}

// columnSums: y[c] = sum of x[:,c].
func (w *work) columnSums(y, x kernel.Tensor) {
	r, c := x.Rows(), x.Cols()
	w.LinearGradInput(y.View(1, c), w.ones(x, r).View(1, r), x.View(r, c))
}

// sum adds all elements up, row by row.
func (w *work) sum(y, x kernel.Tensor) {
	each := w.scratch(x, x.Rows())
	w.rowSums(each, x)
	w.rowSums(y.View(1), each)
}

// perRow: y[r] = x[r] s[r]. y may be x.
func (w *work) perRow(y, x, s kernel.Tensor) {
	r, c := x.Rows(), x.Cols()
	factors := w.scratch(x, r, c)
	w.Linear(factors, s.View(r, 1), w.ones(x, c).View(c, 1), kernel.Epilogue{})
	w.Mul(y, x, factors)
}

// perColumn: y[:,c] = x[:,c] s[c]. y may be x.
func (w *work) perColumn(y, x, s kernel.Tensor) {
	factors := w.scratch(x, x.Rows(), x.Cols())
	w.repeat(factors, s)
	w.Mul(y, x, factors)
}

// repeat: y[r] = s, in every row.
func (w *work) repeat(y, s kernel.Tensor) {
	r := y.Rows()
	w.Linear(rows(y), w.ones(y, r).View(r, 1), s.View(y.Cols(), 1), kernel.Epilogue{})
}

// addRow: y[r] = x[r] + s, in every row. y may be x.
func (w *work) addRow(y, x, s kernel.Tensor) {
	r := y.Rows()
	w.Linear(
		rows(y), w.ones(y, r).View(r, 1), s.View(y.Cols(), 1), kernel.Epilogue{Residual: rows(x)},
	)
}

// times: y = x s[]. y may be x.
func (w *work) times(y, x, s kernel.Tensor) {
	w.perRow(y.View(1, y.Len()), x.View(1, x.Len()), s.View(1))
}

// plus: y = x + number. y may be x.
func (w *work) plus(y, x kernel.Tensor, number float64) {
	w.Add(y, x, w.filled(x, number, x.Len()))
}

// minus: y = a - b. y may be a, or b.
func (w *work) minus(y, a, b kernel.Tensor) {
	negative := w.scratch(b, b.Shape...)
	w.Scale(negative, b, -1)
	w.Add(y, a, negative)
}
