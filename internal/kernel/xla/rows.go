package xla

import (
	"cmae/internal/kernel"
)

// take: y[b,i] = x[b,ids[b,i]] of x[B,N,D], ids[B,V].
func (b *builder) take(x, ids value) value {
	shape := []int{ids.shape[0], ids.shape[1], x.shape[2]}
	return b.gather(x, ids, shape, "collapsed_slice_dims = [1], operand_batching_dims = [0], "+
		"start_indices_batching_dims = [0], start_index_map = [1]", []int{1, 1, x.shape[2]})
}

// rowsOf: y[b,i] = x[ids[b,i]] of x[N,D], ids[B,V].
func (b *builder) rowsOf(x, ids value) value {
	shape := []int{ids.shape[0], ids.shape[1], x.shape[1]}
	return b.gather(
		x, ids, shape, "collapsed_slice_dims = [0], start_index_map = [0]", []int{1, x.shape[1]},
	)
}

// gather takes slices whose last dimension is whole. Numbers that are out of range are moved into
// it.
func (b *builder) gather(x, ids value, shape []int, dims string, sizes []int) value {
	size := list(sizes)
	return b.emit(
		x.t, shape, `"stablehlo.gather"(%s, %s) {dimension_numbers = #stablehlo.gather<`+
			`offset_dims = [%d], %s, index_vector_dim = %d>, slice_sizes = array<i64: %s>, `+
			`indices_are_sorted = false} : (%s, %s) -> %s`,
		x.name, ids.name, len(ids.shape), dims, len(ids.shape), size[1:len(size)-1], x.typ(),
		ids.typ(), typeName(x.t, shape),
	)
}

// scatter: y[b,n] = the sum of the x[b,i] for which ids[b,i] is n, of x[B,V,D], y[B,N,D]. A product
// with a matrix of ones and zeros repeats bit for bit, which adding at an address does not.
func (b *builder) scatter(x, ids value, n int) value {
	shape := []int{ids.shape[0], ids.shape[1], n}
	one, zero := b.fill(1, x.t, shape...), b.fill(0, x.t, shape...)
	hot := b.choose(b.iota(2, shape), "EQ", b.spread(ids, shape, 0, 1), one, zero)
	return b.dot(hot, x, 1, 1, 1, x.t)
}

// iota counts along one dimension.
func (b *builder) iota(dim int, shape []int) value {
	return b.emit(
		kernel.I32, shape, "stablehlo.iota dim = %d : %s", dim, typeName(kernel.I32, shape),
	)
}

// whole is an array of one number, of I32.
func (b *builder) whole(i int, shape []int) value {
	return b.fill(float64(i), kernel.I32, shape...)
}

func (b *builder) gatherRows(y, x, ids tensor) {
	v, i := b.in(x), b.get(ids)
	rows := b.take(v, i)
	zero := b.like(rows, 0)
	at := b.spread(i, rows.shape, 0, 1)
	rows = b.choose(at, "LT", b.whole(0, rows.shape), zero, rows)
	b.put(y, b.choose(at, "GE", b.whole(x.Shape[1], rows.shape), zero, rows))
}

func (b *builder) scatterRows(dx, dy, ids tensor) {
	b.put(dx, b.scatter(b.in(dy), b.get(ids), dx.Shape[1]))
}

// exponentials of x less the largest of its row, and their sum.
func (b *builder) exponentials(x value) (e, sum value) {
	last := len(x.shape) - 1
	e = b.one("exponential", b.sub(x, b.perRow(b.largest(x, last), x.shape)))
	return e, b.sum(e, last)
}

// logSums are logarithms of the sums of exponentials of rows [R,C].
func (b *builder) logSums(x value) value {
	_, sum := b.exponentials(x)
	return b.add(b.one("log", sum), b.largest(x, 1))
}

func (b *builder) softmax(y, logSum, x tensor) {
	v := b.in(flat(x))
	e, sum := b.exponentials(v)
	if !logSum.Absent() {
		b.put(line(logSum), b.logSums(v))
	}
	b.put(flat(y), b.div(e, b.perRow(sum, e.shape)))
}

// permuteRows gathers by numbers that are part of the program.
func (b *builder) permuteRows(y, x tensor, order []int) {
	n := x.Shape[0]
	v := b.get(x.View(1, n, x.Len()/n))
	ids := b.emit(
		kernel.I32, []int{1, len(order)}, "stablehlo.constant dense<[%s]> : %s", list(order),
		typeName(kernel.I32, []int{1, len(order)}),
	)
	b.put(y, b.reshape(b.take(v, ids), y.Shape...))
}

// writeRows takes for each row of the table the row of x that comes there, where one does: the
// largest i, and only one, whose number is that row's.
func (b *builder) writeRows(table, x tensor) {
	n, rows := table.Shape[0], x.Shape[0]
	old, fresh := b.get(table), b.get(x.View(1, rows, x.Shape[1]))
	all, none := []int{n, rows}, b.whole(-1, []int{n, rows})
	named := b.spread(b.next(rows, kernel.I32), all, 1)
	numbers := b.choose(b.iota(0, all), "EQ", named, b.iota(1, all), none)
	at := b.reduce("maximum", -1, numbers, []int{1})
	ids := b.two("maximum", at, b.whole(0, []int{n}))
	fresh = b.reshape(b.take(fresh, b.reshape(ids, 1, n)), old.shape...)
	b.put(table, b.choose(b.spread(at, old.shape, 0), "LT", b.whole(0, old.shape), old, fresh))
}
