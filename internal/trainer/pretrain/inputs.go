package pretrain

import (
	G "gorgonia.org/gorgonia"

	"cmae/internal/dataset/loader"
	"cmae/internal/graph/nn"
	"cmae/internal/graph/op"
	"cmae/internal/kernel"
	"cmae/internal/model"
)

// Inputs is the data of a step in the engine's memory, and how a batch gets there.
type Inputs struct {
	config     model.Config
	engine     kernel.Engine
	batch      int
	query, key model.View    // if the method hides nothing: images alone, and All for a transformer
	hidden     *G.Node       // [B,N] 1 where the query's patch is masked
	places     *G.Node       // [B,V,L] target of the location loss, nil without it
	target     []float64     // what places holds, kept from step to step
	queue      *G.Node       // [Q,C] past keys, nil without a queue
	Queue      kernel.Tensor // its memory
	tensors    map[*G.Node]kernel.Tensor
}

func newInputs(
	g *G.ExprGraph, e kernel.Engine, real kernel.DType, c model.Config, batch int,
) *Inputs {
	in := &Inputs{config: c, engine: e, batch: batch, tensors: map[*G.Node]kernel.Tensor{}}
	add := func(name string, t kernel.DType, shape ...int) *G.Node {
		mem := e.New(t, shape...)
		node := op.Input(g, "input."+name, mem)
		in.tensors[node] = mem
		return node
	}
	var all *G.Node
	if n := c.Patches(); n > 0 {
		ids := model.EveryPatch(e, batch, n)
		all = op.Input(g, "input.all", ids)
		in.tensors[all] = ids
	}
	view := func(name string) model.View {
		return model.View{Images: add(name+".images", real, batch, 3, c.Side, c.Side), All: all}
	}
	in.query = view("query")
	if c.Contrast.Weight > 0 {
		in.key = view("key")
		if c.Contrast.QueueSize > 0 {
			in.queue = add("queue", real, c.Contrast.QueueSize, c.Contrast.Out)
			in.Queue = in.tensors[in.queue]
		}
	}
	if !c.Method.IsMoCo() {
		in.addMasks(add, real)
	}
	return in
}

// addMasks makes what tells visible and masked patches apart, and the targets that depend on it.
func (in *Inputs) addMasks(
	add func(name string, t kernel.DType, shape ...int) *G.Node, real kernel.DType,
) {
	c, batch, n, v := in.config, in.batch, in.config.Patches(), in.config.Visible()
	order := func(name string, view *model.View) {
		view.Visible, view.Masked = add(name+".visible", kernel.I32, batch, v), add(
			name+".masked", kernel.I32, batch, n-v,
		)
		view.Restore = add(name+".restore", kernel.I32, batch, n)
	}
	order("query", &in.query)
	if in.key.Images != nil {
		order("key", &in.key)
	}
	in.hidden = add("hidden", real, batch, n)
	if c.Location.Weight > 0 {
		in.places = add("places", real, batch, v, c.Location.Slots(c.Grid()))
		if !nn.Planned(in.engine) {
			in.target = make([]float64, in.tensors[in.places].Len())
		}
		if c.Location.DropPosition > 0 {
			in.query.Keep = add("keep", real, batch, v)
		}
	}
}

// Set uploads part of a batch: images from index first on, as many as the step takes.
func (in *Inputs) Set(b *loader.Batch, first int) {
	pixels := 3 * in.config.Side * in.config.Side
	from, to := first, first+in.batch
	in.set(in.query.Images, b.Query[from*pixels:to*pixels])
	if in.key.Images != nil {
		in.set(in.key.Images, b.Key[from*pixels:to*pixels])
	}
	if in.hidden != nil {
		in.setMasks(b, from, to)
	}
}

// setMasks uploads what follows from the mask noise of images from (included) to to (excluded).
func (in *Inputs) setMasks(b *loader.Batch, from, to int) {
	n := in.config.Patches()
	visible := in.mask(in.query, b.NoiseQuery[from*n:to*n])
	in.hide(visible)
	if in.key.Images != nil {
		in.mask(in.key, b.NoiseKey[from*n:to*n])
	}
	if in.places != nil {
		in.config.Location.Targets(in.target, visible, in.config.Grid())
		nn.WriteTensor(in.engine, in.tensors[in.places], in.target)
	}
	if in.query.Keep != nil {
		nn.WriteTensor(
			in.engine, in.tensors[in.query.Keep],
			gather(b.KeepPosition[from*n:to*n], visible, n, in.config.Visible()),
		)
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

func (in *Inputs) set(n *G.Node, values []float32) {
	nn.WriteTensor(in.engine, in.tensors[n], values)
}

// mask shuffles the patches of a view by noise[B,N] (spec 1.3), uploads the result and returns the
// visible patches [B,V].
func (in *Inputs) mask(v model.View, noise []float32) []int32 {
	m := loader.NewMask(noise, in.config.Patches(), in.config.Visible())
	nn.WriteTensor(in.engine, in.tensors[v.Visible], m.Visible)
	nn.WriteTensor(in.engine, in.tensors[v.Masked], m.Masked)
	nn.WriteTensor(in.engine, in.tensors[v.Restore], m.Restore)
	return m.Visible
}

// hide uploads the mask of the reconstruction loss: 1 where a patch is hidden (Eq. 3).
func (in *Inputs) hide(visible []int32) {
	n, keep := in.config.Patches(), in.config.Visible()
	hidden := make([]float32, in.batch*n)
	for i := range hidden {
		hidden[i] = 1
	}
	for i, id := range visible {
		hidden[i/keep*n+int(id)] = 0
	}
	in.set(in.hidden, hidden)
}
