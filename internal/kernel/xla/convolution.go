package xla

import (
	"cmae/internal/kernel"
)

// window is how stablehlo.convolution moves y over x: padding at both ends of either axis, gaps
// between the elements of x and of y.
type window struct {
	stride      int
	low, high   [2]int
	gapsX, gaps int // 1 is none
	reverse     bool
	// The number of channels of a depthwise convolution, as groups of x's features or, where those
	// are images, of what stands for its images. Else 0.
	groups, batchGroups int
}

func (b *builder) convolve(
	x, y value, dims string, w window, t kernel.DType, shape []int,
) value {
	return b.emit(
		t, shape, "stablehlo.convolution(%s, %s) dim_numbers = %s, window = {stride = [%d, %d], "+
			"pad = [[%d, %d], [%d, %d]], lhs_dilate = [%d, %d], rhs_dilate = [%d, %d], "+
			"reverse = [%t, %t]} {batch_group_count = %d : i64, feature_group_count = %d : i64, "+
			"precision_config = [#stablehlo<precision HIGHEST>, #stablehlo<precision HIGHEST>]} : "+
			"(%s, %s) -> %s",
		x.name, y.name, dims, w.stride, w.stride, w.low[0], w.high[0], w.low[1], w.high[1],
		w.gapsX, w.gapsX, w.gaps, w.gaps, w.reverse, w.reverse, max(w.batchGroups, 1),
		max(w.groups, 1), x.typ(), y.typ(), typeName(t, shape),
	)
}

// grid is [B,H*W,C] as [B,H,W,C].
func grid(t tensor, h, w int) tensor { return t.View(t.Len()/(h*w*t.Cols()), h, w, t.Cols()) }

// groupsOf is 0, or the number of channels of a depthwise convolution.
func groupsOf(w tensor, channels int) int {
	if w.Shape[1] == 1 && channels > 1 {
		return channels
	}
	return 0
}

func (b *builder) conv2D(y, x, w, bias tensor, g kernel.Window) {
	h, wd := g.Out()
	out, edge := grid(y, h, wd), [2]int{g.Pad, g.Pad}
	v := b.convolve(
		b.get(grid(x, g.H, g.W)), b.get(w), "[b, 0, 1, f]x[o, i, 0, 1]->[b, 0, 1, f]",
		window{
			stride: g.Stride, low: edge, high: edge, gapsX: 1, gaps: 1,
			groups: groupsOf(w, x.Cols()),
		}, wide(y.Type), out.Shape,
	)
	if !bias.Absent() {
		v = b.add(v, b.spread(b.in(line(bias)), v.shape, 3))
	}
	b.put(out, v)
}

func (b *builder) conv2DGradInput(dx, dy, w tensor, g kernel.Window) {
	h, wd := g.Out()
	in, low := grid(dx, g.H, g.W), g.Side-1-g.Pad
	high := func(n, out int) int { return n - ((out-1)*g.Stride + 1) - low + g.Side - 1 }
	dims, groups := "[b, 0, 1, f]x[i, o, 0, 1]->[b, 0, 1, f]", groupsOf(w, dx.Cols())
	if groups > 0 {
		dims = "[b, 0, 1, f]x[o, i, 0, 1]->[b, 0, 1, f]"
	}
	b.put(in, b.convolve(
		b.get(grid(dy, h, wd)), b.get(w), dims, window{
			stride: 1, low: [2]int{low, low}, high: [2]int{high(g.H, h), high(g.W, wd)},
			gapsX: g.Stride, gaps: 1, reverse: true, groups: groups,
		}, wide(dx.Type), in.Shape,
	))
}

// conv2DGradWeight moves dy over x, with the stride as gaps of dy.
func (b *builder) conv2DGradWeight(dw, db, dy, x tensor, g kernel.Window) {
	h, wd := g.Out()
	d := b.get(grid(dy, h, wd))
	high := func(n, out int) int { return g.Side - 1 - n - g.Pad + (out-1)*g.Stride + 1 }
	b.put(dw, b.convolve(
		b.get(grid(x, g.H, g.W)), d, "[f, 0, 1, b]x[i, 0, 1, o]->[f, b, 0, 1]", window{
			stride: 1, low: [2]int{g.Pad, g.Pad}, high: [2]int{high(g.H, h), high(g.W, wd)},
			gapsX: 1, gaps: g.Stride, batchGroups: groupsOf(dw, x.Cols()),
		}, dw.Type, dw.Shape,
	))
	if !db.Absent() {
		b.put(line(db), b.sum(b.convert(d, db.Type), 0, 1, 2))
	}
}
