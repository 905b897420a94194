package portable

import "cmae/internal/kernel"

// RestoreTokens puts visible tokens back in image order and mask in the hidden places, and adds
// pos.
func (m *arithmetic[T]) RestoreTokens(y, x, mask, pos, restore kernel.Tensor) {
	f := m.open()
	defer f.close()
	to, from, places := tokensOf(y, f.out(y)), tokensOf(x, f.in(x)), tokensOf(pos, f.in(pos))
	hidden, order := f.in(mask), newOrder(restore, from.tokens-1)
	to.each(m.workers, func(b, t int, row []T) {
		token := hidden
		if t == 0 {
			token = from.row(b, 0)
		} else if r := order.at(b, t-1); r < order.visible {
			token = from.row(b, 1+r)
		}
		add(row, token, places.row(0, t))
	})
}

// RestoreTokensGrad writes dx[B,1+V,D] and dmask[D].
func (m *arithmetic[T]) RestoreTokensGrad(dx, dmask, dy, restore kernel.Tensor) {
	f := m.open()
	defer f.close()
	to, from := tokensOf(dx, f.out(dx)), tokensOf(dy, f.in(dy))
	order := newOrder(restore, to.tokens-1)
	from.each(m.workers, func(b, t int, row []T) {
		if t == 0 {
			copy(to.row(b, 0), row)
		} else if r := order.at(b, t-1); r < order.visible {
			copy(to.row(b, 1+r), row)
		}
	})
	from.sum(
		m.workers, f.out(dmask),
		func(b, t int) bool { return t > 0 && order.at(b, t-1) >= order.visible },
	)
}

// MergeTokens joins the patch tokens of two passes in image order, cls left out.
func (m *arithmetic[T]) MergeTokens(y, a, b, restore kernel.Tensor) {
	f := m.open()
	defer f.close()
	to, seen, rest := tokensOf(y, f.out(y)), tokensOf(a, f.in(a)), tokensOf(b, f.in(b))
	order := newOrder(restore, seen.tokens-1)
	to.each(m.workers, func(i, t int, row []T) {
		if r := order.at(i, t); r < order.visible {
			copy(row, seen.row(i, 1+r))
		} else {
			copy(row, rest.row(i, 1+r-order.visible))
		}
	})
}

// MergeTokensGrad: da[B,1+V,D], the row of cls zero.
func (m *arithmetic[T]) MergeTokensGrad(da, dy, restore kernel.Tensor) {
	f := m.open()
	defer f.close()
	to, from := tokensOf(da, f.out(da)), tokensOf(dy, f.in(dy))
	order := newOrder(restore, to.tokens-1)
	from.each(m.workers, func(b, t int, row []T) {
		if t == 0 {
			clear(to.row(b, 0))
		}
		if r := order.at(b, t); r < order.visible {
			copy(to.row(b, 1+r), row)
		}
	})
}

// order is a permutation of patches for each image: patch n stands at place at(b,n) of the shuffled
// sequence, whose first places are visible.
type order struct {
	restore          []int32
	patches, visible int
}

func newOrder(restore kernel.Tensor, visible int) order {
	return order{restore: kernel.Slice[int32](restore), patches: restore.Cols(), visible: visible}
}

func (o order) at(b, n int) int { return int(o.restore[b*o.patches+n]) }
