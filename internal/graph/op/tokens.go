package op

import (
	G "gorgonia.org/gorgonia"

	"cmae/internal/kernel"
)

// GatherTokens picks the patches ids[B,V] of x[B,N,D], adds their positions and puts cls[D] in
// front: [B,1+V,D]. pos holds 1+N rows, the first for cls. keep[B,V] is optional; a 0 leaves that
// token without its position. Positions and indices have no gradient.
func GatherTokens(cls, x, pos, ids, keep *G.Node) *G.Node {
	return gather(cls, x, pos, ids, keep, []int{0, 1})
}

// GatherTokensLearned is GatherTokens with a gradient of the positions too.
func GatherTokensLearned(cls, x, pos, ids, keep *G.Node) *G.Node {
	return gather(cls, x, pos, ids, keep, []int{0, 1, 2})
}

func gather(cls, x, pos, ids, keep *G.Node, diff []int) *G.Node {
	in := []*G.Node{cls, x, pos, ids}
	kept := addOperand(&in, keep)
	requireShape(x, "gather", "patches", in, -1, -1, -1)
	b, n, d := x.Shape()[0], x.Shape()[1], x.Shape()[2]
	require(cls.Shape().TotalSize() == d, "gather", in, "cls does not have %d values", d)
	require(
		pos.Shape().TotalSize() == (1+n)*d, "gather", in,
		"the position table does not have 1+%d rows", n,
	)
	requireShape(ids, "gather", "ids", in, b, -1)
	v := ids.Shape()[1]
	if keep != nil {
		requireShape(keep, "gather", "keep", in, b, v)
	}
	return apply(spec{
		kind: "gather", in: in, dtype: TypeOf(x), shape: []int{b, 1 + v, d}, diff: diff,
		run: func(e kernel.Engine, y kernel.Tensor, in []kernel.Tensor) {
			e.GatherTokens(y, in[0], in[1], in[2], in[3], optional(in, kept))
		},
		grad: func(y, dy *G.Node) []*G.Node {
			dcls := &Saved{Type: TypeOf(cls), Shape: shapeOf(cls)}
			dx := apply(spec{
				kind: "gather.dx", ofNode: y, in: []*G.Node{dy, ids}, dtype: TypeOf(x),
				shape: shapeOf(x), saves: []*Saved{dcls},
				run: func(e kernel.Engine, dx kernel.Tensor, in []kernel.Tensor) {
					e.GatherTokensGrad(dcls.Tensor, dx, in[0], in[1])
				},
			})
			grads := []*G.Node{take(dx, dcls), dx}
			if len(diff) > len(grads) {
				grads = append(grads, gatherGradPos(y, dy, pos, ids, keep))
			}
			return grads
		},
	})
}

func gatherGradPos(y, dy, pos, ids, keep *G.Node) *G.Node {
	in := []*G.Node{dy, ids}
	kept := addOperand(&in, keep)
	return apply(spec{
		kind: "gather.dpos", ofNode: y, in: in, dtype: TypeOf(pos), shape: shapeOf(pos),
		run: func(e kernel.Engine, dpos kernel.Tensor, in []kernel.Tensor) {
			e.GatherTokensGradPos(dpos, in[0], in[1], optional(in, kept))
		},
	})
}

// RestoreTokens undoes the shuffle: visible tokens of x[B,1+V,D] to their places in the image,
// mask[D] into the hidden ones, positions added, cls in front: [B,1+N,D]. restore[B,N] is the rank
// of every patch in the shuffled order; hidden patches have rank V and above.
func RestoreTokens(x, mask, pos, restore *G.Node) *G.Node {
	in := []*G.Node{x, mask, pos, restore}
	requireShape(x, "restore", "tokens", in, -1, -1, -1)
	b, d := x.Shape()[0], x.Shape()[2]
	requireShape(restore, "restore", "restore", in, b, -1)
	n := restore.Shape()[1]
	require(
		mask.Shape().TotalSize() == d, "restore", in, "the mask token does not have %d values", d,
	)
	require(
		pos.Shape().TotalSize() == (1+n)*d, "restore", in,
		"the position table does not have 1+%d rows", n,
	)
	return apply(spec{
		kind: "restore", in: in, dtype: TypeOf(x), shape: []int{b, 1 + n, d}, diff: []int{0, 1},
		run: func(e kernel.Engine, y kernel.Tensor, in []kernel.Tensor) {
			e.RestoreTokens(y, in[0], in[1], in[2], in[3])
		},
		grad: func(y, dy *G.Node) []*G.Node {
			dmask := &Saved{Type: TypeOf(mask), Shape: shapeOf(mask)}
			dx := apply(spec{
				kind: "restore.dx", ofNode: y, in: []*G.Node{dy, restore}, dtype: TypeOf(x),
				shape: shapeOf(x), saves: []*Saved{dmask},
				run: func(e kernel.Engine, dx kernel.Tensor, in []kernel.Tensor) {
					e.RestoreTokensGrad(dx, dmask.Tensor, in[0], in[1])
				},
			})
			return []*G.Node{dx, take(dx, dmask)}
		},
	})
}

// MergeTokens joins the patch tokens of a visible pass a[B,1+V,D] and a masked pass m[B,1+M,D] in
// image order, cls left out: [B,N,D]. Only a has a gradient; the masked pass is a constant (spec
// 1.5).
func MergeTokens(a, m, restore *G.Node) *G.Node {
	in := []*G.Node{a, m, restore}
	requireShape(a, "merge", "visible pass", in, -1, -1, -1)
	b, d := a.Shape()[0], a.Shape()[2]
	requireShape(m, "merge", "masked pass", in, b, -1, d)
	n := a.Shape()[1] + m.Shape()[1] - 2
	requireShape(restore, "merge", "restore", in, b, n)
	return apply(spec{
		kind: "merge", in: in, dtype: TypeOf(a), shape: []int{b, n, d}, diff: []int{0},
		run: func(e kernel.Engine, y kernel.Tensor, in []kernel.Tensor) {
			e.MergeTokens(y, in[0], in[1], in[2])
		},
		grad: func(y, dy *G.Node) []*G.Node {
			return []*G.Node{apply(spec{
				kind: "merge.dx", ofNode: y, in: []*G.Node{dy, restore}, dtype: TypeOf(a),
				shape: shapeOf(a),
				run: func(e kernel.Engine, da kernel.Tensor, in []kernel.Tensor) {
					e.MergeTokensGrad(da, in[0], in[1])
				},
			})}
		},
	})
}

// PoolTokens is the mean of the tokens from (included) to to (excluded) of x[B,T,D]: [B,D].
func PoolTokens(x *G.Node, from, to int) *G.Node {
	in := []*G.Node{x}
	requireTokens(x, "pool", in, from, to)
	return apply(spec{
		kind: "pool", in: in, dtype: TypeOf(x),
		shape: []int{x.Shape()[0], x.Shape()[2]}, diff: []int{0},
		run: func(e kernel.Engine, y kernel.Tensor, in []kernel.Tensor) {
			e.PoolTokens(y, in[0], from, to)
		},
		grad: func(y, dy *G.Node) []*G.Node {
			return []*G.Node{apply(spec{
				kind: "pool.dx", ofNode: y, in: []*G.Node{dy}, dtype: TypeOf(x), shape: shapeOf(x),
				run: func(e kernel.Engine, dx kernel.Tensor, in []kernel.Tensor) {
					e.PoolTokensGrad(dx, in[0], from, to)
				},
			})}
		},
	})
}

// SliceTokens is x[:,from:to] of x[B,T,D].
func SliceTokens(x *G.Node, from, to int) *G.Node {
	in := []*G.Node{x}
	requireTokens(x, "slice", in, from, to)
	return apply(spec{
		kind: "slice", in: in, dtype: TypeOf(x),
		shape: []int{x.Shape()[0], to - from, x.Shape()[2]}, diff: []int{0},
		run: func(e kernel.Engine, y kernel.Tensor, in []kernel.Tensor) {
			e.SliceTokens(y, in[0], from, to)
		},
		grad: func(y, dy *G.Node) []*G.Node {
			return []*G.Node{apply(spec{
				kind: "slice.dx", ofNode: y, in: []*G.Node{dy}, dtype: TypeOf(x), shape: shapeOf(x),
				run: func(e kernel.Engine, dx kernel.Tensor, in []kernel.Tensor) {
					e.PadTokens(dx, in[0], from)
				},
			})}
		},
	})
}

// requireTokens demands that x[B,T,D] has tokens from from to to.
func requireTokens(x *G.Node, kind string, in []*G.Node, from, to int) {
	requireShape(x, kind, "tokens", in, -1, -1, -1)
	require(
		0 <= from && from < to && to <= x.Shape()[1], kind, in, "no tokens from %d to %d", from, to,
	)
}

// ConcatTokens puts a[B,S,D] before b[B,T,D].
func ConcatTokens(a, b *G.Node) *G.Node {
	in := []*G.Node{a, b}
	requireShape(a, "concat", "first tokens", in, -1, -1, -1)
	requireShape(b, "concat", "second tokens", in, a.Shape()[0], -1, a.Shape()[2])
	s, t := a.Shape()[1], b.Shape()[1]
	return apply(spec{
		kind: "concat", in: in, dtype: TypeOf(a),
		shape: []int{a.Shape()[0], s + t, a.Shape()[2]}, diff: []int{0, 1},
		run: func(e kernel.Engine, y kernel.Tensor, in []kernel.Tensor) {
			e.ConcatTokens(y, in[0], in[1])
		},
		grad: func(y, dy *G.Node) []*G.Node {
			return []*G.Node{SliceTokens(dy, 0, s), SliceTokens(dy, s, s+t)}
		},
	})
}

// Transpose swaps tokens and channels: [B,R,C] to [B,C,R].
func Transpose(x *G.Node) *G.Node {
	in := []*G.Node{x}
	requireShape(x, "transpose", "tokens", in, -1, -1, -1)
	return apply(spec{
		kind: "transpose", in: in, dtype: TypeOf(x),
		shape: []int{x.Shape()[0], x.Shape()[2], x.Shape()[1]}, diff: []int{0},
		run:  func(e kernel.Engine, y kernel.Tensor, in []kernel.Tensor) { e.Transpose(y, in[0]) },
		grad: func(y, dy *G.Node) []*G.Node { return []*G.Node{Transpose(dy)} },
	})
}
