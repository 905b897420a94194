package compose

import (
	"fmt"

	"cmae/internal/kernel"
)

// table is positions as [1,N,D], and the first row, of cls.
func table(pos kernel.Tensor, n, d int) (cls, patches kernel.Tensor) {
	all := pos.View(1+n, d)
	return all.Part(0, 1), all.Part(1, 1+n).View(1, n, d)
}

// first and rest are the tokens at place 0, [B,1,D], and behind it.
func (w *work) first(x kernel.Tensor) kernel.Tensor { return w.slice(x, 0, 1) }
func (w *work) rest(x kernel.Tensor) kernel.Tensor  { return w.slice(x, 1, x.Shape[1]) }

func (w *work) slice(x kernel.Tensor, from, to int) kernel.Tensor {
	y := w.scratch(x, x.Shape[0], to-from, x.Shape[2])
	if y.Len() > 0 {
		w.SliceTokens(y, x, from, to)
	}
	return y
}

// gather and scatter are GatherRows and ScatterRows, with zeros where nothing is to be moved.
func (w *work) gather(y, x, ids kernel.Tensor) {
	switch {
	case y.Len() == 0:
	case x.Len() == 0:
		w.Zero(y)
	default:
		w.GatherRows(y, x, ids)
	}
}

func (w *work) scatter(dx, dy, ids kernel.Tensor) {
	switch {
	case dx.Len() == 0:
	case dy.Len() == 0:
		w.Zero(dx)
	default:
		w.ScatterRows(dx, dy, ids)
	}
}

// GatherTokens gathers patches and positions.
func (c *composer) GatherTokens(y, cls, x, pos, ids, keep kernel.Tensor) {
	w := c.begin()
	defer w.end()
	b, v, n, d := ids.Shape[0], ids.Shape[1], x.Shape[1], x.Shape[2]
	y, x = w.out(y), w.in(x)
	ofCls, ofPatches := table(w.in(pos), n, d)
	head, heads := w.scratch(x, d), w.scratch(x, b, 1, d)
	w.Add(head, w.in(cls), ofCls)
	w.repeat(heads, head)
	body, places := w.scratch(x, b, v, d), w.scratch(x, b, v, d)
	if v > 0 {
		w.GatherRows(body, x, ids)
		w.GatherRows(places.View(1, b*v, d), ofPatches, ids.View(1, b*v))
		if !keep.Absent() {
			w.perRow(rows(places), rows(places), keep)
		}
		w.Add(body, body, places)
	}
	w.ConcatTokens(y, heads, body)
}

// GatherTokensGrad scatters.
func (c *composer) GatherTokensGrad(dcls, dx, dy, ids kernel.Tensor) {
	w := c.begin()
	defer w.end()
	dy = w.in(dy)
	w.columnSums(w.out(dcls), w.first(dy))
	if !dx.Absent() {
		w.scatter(w.out(dx), w.rest(dy), ids)
	}
}

// GatherTokensGradPos scatters the tokens of all images as if one image had them.
func (c *composer) GatherTokensGradPos(dpos, dy, ids, keep kernel.Tensor) {
	w := c.begin()
	defer w.end()
	b, v, d := ids.Shape[0], ids.Shape[1], dy.Shape[2]
	dy = w.in(dy)
	ofCls, ofPatches := table(w.out(dpos), dpos.Len()/d-1, d)
	w.columnSums(ofCls, w.first(dy))
	body := w.rest(dy)
	if !keep.Absent() && v > 0 {
		w.perRow(rows(body), rows(body), keep)
	}
	w.scatter(ofPatches, body.View(1, b*v, d), ids.View(1, b*v))
}

// hidden is 1 where a patch is none of the first v, [B*N]; like gives its type.
func (w *work) hidden(like, restore kernel.Tensor, v int) kernel.Tensor {
	b, n := restore.Shape[0], restore.Shape[1]
	seen := w.scratch(like, b, n, 1)
	w.gather(seen, w.ones(like, b*v).View(b, v, 1), restore)
	w.Scale(seen, seen, -1)
	w.plus(seen, seen.View(b*n), 1)
	return seen.View(b * n)
}

// RestoreTokens gathers what is seen: the hidden places are no row of it.
func (c *composer) RestoreTokens(y, x, mask, pos, restore kernel.Tensor) {
	w := c.begin()
	defer w.end()
	b, n, d := restore.Shape[0], restore.Shape[1], x.Shape[2]
	y, x = w.out(y), w.in(x)
	body := w.scratch(x, b, n, d)
	w.gather(body, w.rest(x), restore)
	hidden := w.hidden(x, restore, x.Shape[1]-1)
	w.Linear( // mask in every hidden row
		rows(body), hidden.View(b*n, 1), w.in(mask).View(d, 1),
		kernel.Epilogue{Residual: rows(body)},
	)
	w.ConcatTokens(y, w.first(x), body)
	whole := y.View(b, (1+n)*d)
	w.addRow(whole, whole, w.in(pos))
}

// RestoreTokensGrad scatters what was seen.
func (c *composer) RestoreTokensGrad(dx, dmask, dy, restore kernel.Tensor) {
	w := c.begin()
	defer w.end()
	b, n, v, d := restore.Shape[0], restore.Shape[1], dx.Shape[1]-1, dy.Shape[2]
	dx, dy = w.out(dx), w.in(dy)
	body, seen := w.rest(dy), w.scratch(dy, b, v, d)
	w.scatter(seen, body, restore)
	w.ConcatTokens(dx, w.first(dy), seen)
	w.LinearGradInput( // sum of the hidden rows
		w.out(dmask).View(1, d), w.hidden(dy, restore, v).View(1, b*n), rows(body),
	)
}

// MergeTokens gathers from both passes, one behind the other.
func (c *composer) MergeTokens(y, a, m, restore kernel.Tensor) {
	w := c.begin()
	defer w.end()
	y, a, m = w.out(y), w.in(a), w.in(m)
	both := w.scratch(y, y.Shape...)
	w.ConcatTokens(both, w.rest(a), w.rest(m))
	w.GatherRows(y, both, restore)
}

// MergeTokensGrad scatters the tokens of the first pass.
func (c *composer) MergeTokensGrad(da, dy, restore kernel.Tensor) {
	w := c.begin()
	defer w.end()
	da, dy = w.out(da), w.in(dy)
	seen := w.scratch(dy, da.Shape[0], da.Shape[1]-1, da.Shape[2])
	if seen.Len() == 0 {
		w.Zero(da)
		return
	}
	w.ScatterRows(seen, dy, restore)
	w.PadTokens(da, seen, 1)
}

// pool numbers the tokens of all images by their image, those left out by none.
func (w *work) pool(b, t, from, to int) kernel.Tensor {
	key := fmt.Sprint("pool ", from, " ", to, " ", t)
	return w.indices(key, 1, b*t, func(_, i int) int {
		if i%t < from || i%t >= to {
			return -1
		}
		return i / t
	})
}

// PoolTokens scatters the tokens to their images.
func (c *composer) PoolTokens(y, x kernel.Tensor, from, to int) {
	w := c.begin()
	defer w.end()
	b, t, d := x.Shape[0], x.Shape[1], x.Shape[2]
	y, x = w.out(y), w.in(x)
	w.ScatterRows(y.View(1, b, d), x.View(1, b*t, d), w.pool(b, t, from, to))
	w.Scale(y, y, 1/float64(to-from))
}

// PoolTokensGrad gathers.
func (c *composer) PoolTokensGrad(dx, dy kernel.Tensor, from, to int) {
	w := c.begin()
	defer w.end()
	b, t, d := dx.Shape[0], dx.Shape[1], dx.Shape[2]
	dx, dy = w.out(dx), w.in(dy)
	w.GatherRows(dx.View(1, b*t, d), dy.View(1, b, d), w.pool(b, t, from, to))
	w.Scale(dx, dx, 1/float64(to-from))
}
