package pretrain

import (
	"slices"

	"cmae/internal/dataset/loader"
	"cmae/internal/graph/exec"
	"cmae/internal/graph/op"
	"cmae/internal/kernel"
	"cmae/internal/model"
)

// inputs is what a step reads of a batch, and how a batch gets there.
type inputs struct {
	config model.Config
	batch  int       // B
	hidden []float32 // [B,N] 1 where the query's patch is masked
	target []float64 // [B,V,L] of the location loss
}

// read are the inputs as nodes of a graph.
type read struct {
	query, key model.View // if the method hides nothing: images alone, and All for a transformer
	hidden     *op.Node   // [B,N]
	places     *op.Node   // [B,V,L] target of the location loss, nil without it
	queue      *op.Node   // [Q,C] past keys, nil without a queue
}

// contrasts, locates and drops say which inputs there are.
func (in *inputs) contrasts() bool { return in.config.Contrast.Weight > 0 }
func (in *inputs) locates() bool   { return in.config.Location.Weight > 0 }
func (in *inputs) drops() bool     { return in.locates() && in.config.Location.DropPosition > 0 }

// declare adds the inputs to a graph.
func (in *inputs) declare(b *exec.Builder) read {
	c, n := in.config, in.config.Patches()
	var r read
	var all *op.Node
	if n > 0 {
		all = b.Repeat("all", in.batch, model.EveryPatch(n))
	}
	view := func(name string) model.View {
		images := b.Input(name+".images", b.Real(), in.batch, 3, c.Side, c.Side)
		return model.View{Images: images, All: all}
	}
	r.query = view("query")
	if in.contrasts() {
		r.key = view("key")
		if c.Contrast.QueueSize > 0 {
			r.queue = b.State("queue", b.Real(), c.Contrast.QueueSize, c.Contrast.Out)
		}
	}
	if !c.Method.IsMoCo() {
		in.declareMasks(b, &r)
	}
	return r
}

// declareMasks adds what tells visible and masked patches apart, and the targets that depend on it.
func (in *inputs) declareMasks(b *exec.Builder, r *read) {
	c, n, v := in.config, in.config.Patches(), in.config.Visible()
	order := func(name string, view *model.View) {
		view.Visible = b.Input(name+".visible", kernel.I32, in.batch, v)
		view.Masked = b.Input(name+".masked", kernel.I32, in.batch, n-v)
		view.Restore = b.Input(name+".restore", kernel.I32, in.batch, n)
	}
	order("query", &r.query)
	if in.contrasts() {
		order("key", &r.key)
	}
	r.hidden = b.Input("hidden", b.Real(), in.batch, n)
	if in.locates() {
		r.places = b.Input("places", b.Real(), in.batch, v, c.Location.Slots(c.Grid()))
	}
	if in.drops() {
		r.query.Keep = b.Input("keep", b.Real(), in.batch, v)
	}
}

// feed uploads part of a batch: images from index first on, as many as the step takes.
func (in *inputs) feed(f *exec.Func, b *loader.Batch, first int) {
	pixels := 3 * in.config.Side * in.config.Side
	from, to := first, first+in.batch
	exec.Feed(f, "query.images", b.Query[from*pixels:to*pixels])
	if in.contrasts() {
		exec.Feed(f, "key.images", b.Key[from*pixels:to*pixels])
	}
	if !in.config.Method.IsMoCo() {
		in.feedMasks(f, b, from, to)
	}
}

// feedMasks uploads what follows from the mask noise of images from (included) to to (excluded).
func (in *inputs) feedMasks(f *exec.Func, b *loader.Batch, from, to int) {
	n, v := in.config.Patches(), in.config.Visible()
	visible := in.feedMask(f, "query", b.NoiseQuery[from*n:to*n])
	in.hidden = slices.Grow(in.hidden[:0], in.batch*n)[:in.batch*n]
	hide(in.hidden, visible, n, v)
	exec.Feed(f, "hidden", in.hidden)
	if in.contrasts() {
		in.feedMask(f, "key", b.NoiseKey[from*n:to*n])
	}
	if in.locates() {
		size := len(visible) * in.config.Location.Slots(in.config.Grid())
		in.target = slices.Grow(in.target[:0], size)[:size]
		in.config.Location.Targets(in.target, visible, in.config.Grid())
		exec.Feed(f, "places", in.target)
	}
	if in.drops() {
		exec.Feed(f, "keep", gather(b.KeepPosition[from*n:to*n], visible, n, v))
	}
}

// feedMask shuffles the patches of a view by noise[B,N] (spec 1.3), uploads the result and returns
// the visible patches [B,V].
func (in *inputs) feedMask(f *exec.Func, view string, noise []float32) []int32 {
	m := loader.NewMask(noise, in.config.Patches(), in.config.Visible())
	exec.Feed(f, view+".visible", m.Visible)
	exec.Feed(f, view+".masked", m.Masked)
	exec.Feed(f, view+".restore", m.Restore)
	return m.Visible
}

// hide makes the mask hidden[B,N] of the reconstruction loss of the visible patches ids[B,V]: 1
// where a patch is hidden (Eq. 3).
func hide(hidden []float32, ids []int32, n, v int) {
	for i := range hidden {
		hidden[i] = 1
	}
	for i, id := range ids {
		hidden[i/v*n+int(id)] = 0
	}
}

// gather picks from values[B,N] those of the visible patches ids[B,V].
func gather(values []float32, ids []int32, n, v int) []float32 {
	out := make([]float32, len(ids))
	for i, id := range ids {
		out[i] = values[i/v*n+int(id)]
	}
	return out
}
