package portable

import (
	"math"

	"cmae/internal/kernel"
)

func (naive) Mul(c, a, b kernel.Tensor) {
	for i := range f64(c) {
		f64(c)[i] = f64(a)[i] * f64(b)[i]
	}
}

func (naive) Pow(y, x kernel.Tensor, p float64) {
	for i, v := range f64(x) {
		f64(y)[i] = math.Pow(v, p)
	}
}

func (naive) GatherRows(y, x, ids kernel.Tensor) {
	overAll(y, func(v *float64, b, i, j int) {
		*v = 0
		if id := index(ids, b, i); id >= 0 && id < x.Shape[1] {
			*v = *at(x, b, id, j)
		}
	})
}

func (naive) ScatterRows(dx, dy, ids kernel.Tensor) {
	clear(f64(dx))
	overAll(dy, func(v *float64, b, i, j int) {
		if id := index(ids, b, i); id >= 0 && id < dx.Shape[1] {
			*at(dx, b, id, j) += *v
		}
	})
}

func (naive) Softmax(y, logSum, x kernel.Tensor) {
	c := x.Cols()
	for r := range x.Rows() {
		var total float64
		for j := range c {
			total += math.Exp(table(x, r, j))
		}
		if !logSum.Absent() {
			f64(logSum)[r] = math.Log(total)
		}
		for j := range c {
			f64(y)[r*c+j] = math.Exp(table(x, r, j)) / total
		}
	}
}

func (naive) PermuteRows(y, x kernel.Tensor, order []int) {
	row := x.Len() / x.Shape[0]
	for i := range f64(y) {
		f64(y)[i] = f64(x)[order[i/row]*row+i%row]
	}
}
