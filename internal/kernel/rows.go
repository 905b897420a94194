package kernel

// Rows works on whole rows, which it finds by their number.
type Rows interface {
	// GatherRows: y[b,i] = x[b,ids[b,i]], of y[B,V,D], x[B,N,D], ids[B,V]. Where ids[b,i] is no row
	// of x (-1, N and above) y[b,i] is zero.
	GatherRows(y, x, ids Tensor)
	// ScatterRows is its gradient: dx[b,n] of dx[B,N,D] is the sum of the dy[b,i] for which
	// ids[b,i] is n, in the order of i.
	ScatterRows(dx, dy, ids Tensor)
	// Softmax over each row of x[R,C]. logSum[R] keeps the logarithm of the row's sum of
	// exponentials, optional. y may be x.
	Softmax(y, logSum, x Tensor)
}

// RowPermutation moves rows to places that are fixed when a graph is built; an engine may have it.
type RowPermutation interface {
	// PermuteRows: y[i] = x[order[i]], along the first dimension. No row need be taken, and one may
	// be taken twice.
	PermuteRows(y, x Tensor, order []int)
}

// RowWriting writes rows of a table; an engine may have it.
type RowWriting interface {
	// WriteRows: row i of x[B,C] becomes row at[i] of table[N,C]. No row is named twice. The
	// numbers in at are as Scheduled's; how many there are is a constant.
	WriteRows(table, x Tensor, at []int32)
}
