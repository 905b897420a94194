package xla

import (
	"fmt"

	"cmae/internal/kernel"
)

// dot contracts dimension cx of x with cy of y, for each index of their first batch dimensions. F32
// stays F32: without a precision GPUs round the factors to 10 bits.
func (b *builder) dot(x, y value, batch, cx, cy int, t kernel.DType) value {
	var dims, shape []int
	for i := range batch {
		dims = append(dims, i)
		shape = append(shape, x.shape[i])
	}
	for i := batch; i < len(x.shape); i++ {
		if i != cx {
			shape = append(shape, x.shape[i])
		}
	}
	for i := batch; i < len(y.shape); i++ {
		if i != cy {
			shape = append(shape, y.shape[i])
		}
	}
	batching, precision := "", ""
	if batch > 0 {
		batching = fmt.Sprintf("batching_dims = %s x %s, ", list(dims), list(dims))
	}
	if x.t == kernel.F32 {
		precision = ", precision = [HIGHEST, HIGHEST]"
	}
	return b.emit(
		t, shape,
		"stablehlo.dot_general %s, %s, %scontracting_dims = [%d] x [%d]%s : (%s, %s) -> %s",
		x.name, y.name, batching, cx, cy, precision, x.typ(), y.typ(), typeName(t, shape),
	)
}

func (b *builder) linear(y, x, w tensor, e kernel.Epilogue) {
	r := b.dot(b.get(flat(x)), b.get(w), 0, 1, 1, wide(y.Type)) // [R,N]
	if !e.Bias.Absent() {
		r = b.add(r, b.spread(b.in(line(e.Bias)), r.shape, 1))
	}
	if !e.Pre.Absent() {
		b.put(flat(e.Pre), r)
	}
	if e.GELU {
		r = b.geluOf(r)
	}
	if !e.Residual.Absent() {
		r = b.add(r, b.in(flat(e.Residual)))
	}
	b.put(flat(y), r)
}

func (b *builder) linearGradInput(dx, dy, w tensor) {
	b.put(flat(dx), b.dot(b.get(flat(dy)), b.get(w), 0, 1, 0, wide(dx.Type)))
}

func (b *builder) linearGradWeight(dw, db, dy, x tensor) {
	d := b.get(flat(dy))
	b.put(dw, b.dot(d, b.get(flat(x)), 0, 0, 0, dw.Type))
	if !db.Absent() {
		b.put(line(db), b.sum(b.convert(d, db.Type), 0))
	}
}

func (b *builder) matMul(c, x, y tensor, transX, transY bool, alpha float64) {
	cx, cy := 1, 0
	if transX {
		cx = 0
	}
	if transY {
		cy = 1
	}
	b.put(c, b.times(b.dot(b.get(x), b.get(y), 0, cx, cy, wide(c.Type)), alpha))
}
