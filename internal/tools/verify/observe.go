package verify

import (
	"slices"
	"strings"

	"cmae/internal/comm"
	"cmae/internal/contrastivecrop"
	"cmae/internal/dataset/loader"
	"cmae/internal/evaluate/features"
	"cmae/internal/graph/nn"
	"cmae/internal/kernel"
	"cmae/internal/method"
	"cmae/internal/method/moco"
	"cmae/internal/optim"
)

// observation is what one step of ours computed, by the names of reference files: loss.*, out.*,
// grad.* of trained parameters, after.* of all.
type observation struct {
	values map[string][]float64
	roles  map[string]nn.Role // of parameters
	// boxes that a threshold a little lower or higher gives, by their names among the values
	wider, narrower map[string][]float64
}

// symbols are what files call the losses, as in the paper.
var symbols = map[string]string{"reconstruct": "con", "location": "loc", "contrast": "ctr"}

// observe runs the file's step on an engine, with weights and pixels as disturb leaves them.
func (r *reference) observe(
	e kernel.Engine, compute kernel.DType, disturb func(values []float64),
) (observation, error) {
	o := observation{
		values: map[string][]float64{}, roles: map[string]nn.Role{},
		wider: map[string][]float64{}, narrower: map[string][]float64{},
	}
	p := nn.NewParams(e, realOf(compute), 0)
	step, err := r.graph().Compile(comm.Single(e), p, compute)
	if err != nil {
		return o, err
	}
	defer step.Close()
	if err := r.load(p, disturb); err != nil {
		return o, err
	}
	b, err := r.images(disturb)
	if err != nil {
		return o, err
	}
	if err := r.wholeImages(o, p, compute, b.Query); err != nil {
		return o, err
	}
	r.groups.reorder(b)
	nn.UpdateEMA(p, r.momentum)
	if err := r.run(o, step, b); err != nil {
		return o, err
	}
	optim.New(r.optim, e, step.Params()).Step(step.Grads(), r.rate, 1)
	for _, param := range p.All() {
		o.roles[param.Name] = param.Role
		o.values["after."+param.Name] = kernel.Read[float64](e, param.Value)
	}
	return o, nil
}

// graph is the file's step, which keeps its stages.
func (r *reference) graph() method.Graph {
	g := method.Graph{Method: r.method, Recipe: r.recipe, Batch: r.batch, Stages: true}
	if m, ok := r.method.(moco.Method); ok {
		g.Method = m.InOrder(r.groups.keyOrder())
	}
	return g
}

// realOf is the type of parameters for one inside blocks.
func realOf(compute kernel.DType) kernel.DType {
	if compute == kernel.F64 {
		return kernel.F64
	}
	return kernel.F32
}

// load writes the parameters of the model from the file. Running statistics, which files need not
// hold, start as a new run's do.
func (r *reference) load(p *nn.Params, disturb func([]float64)) error {
	for _, param := range p.All() {
		name := "param." + param.Name
		if param.Role == nn.Running && !r.has(name) {
			continue
		}
		values, err := r.values(name, param.Value.Len())
		if err != nil {
			return err
		}
		if param.Role != nn.Fixed {
			disturb(values)
		}
		kernel.Write(p.Engine(), param.Value, values)
	}
	return nil
}

// images are the inputs of the step.
func (r *reference) images(disturb func([]float64)) (*loader.Batch, error) {
	b := &loader.Batch{}
	for name, to := range map[string]*[]float32{
		"input.xq": &b.Query, "input.xk": &b.Key, "input.noise_q": &b.NoiseQuery,
		"input.noise_k": &b.NoiseKey, "input.keep": &b.KeepPosition,
	} {
		var err error
		if *to, err = r.float32s(name); err != nil {
			return nil, err
		}
	}
	for _, view := range [][]float32{b.Query, b.Key} {
		values := widen(view)
		disturb(values)
		for i, v := range values {
			view[i] = float32(v)
		}
	}
	return b, nil
}

// wholeImages observes features, heat maps and boxes of the unmasked query images, where the file
// has them.
func (r *reference) wholeImages(
	o observation, p *nn.Params, compute kernel.DType, images []float32,
) error {
	if !slices.ContainsFunc(r.file.Names(), isOfWholeImage) {
		return nil
	}
	transformer := !r.recipe.Model.IsResNet()
	x, err := features.New(p, features.Config{
		Encoder: r.recipe.Model, Side: r.recipe.Side, Batch: r.batch, ComputeType: compute,
		Maps: transformer,
	})
	if err != nil {
		return err
	}
	defer x.Close()
	if err := x.Run(images); err != nil {
		return err
	}
	o.values["out.features_mean"] = widen(x.Mean())
	if !transformer {
		return nil
	}
	o.values["out.features_cls"] = widen(x.Cls())
	r.heat(o, "attention", x.AttentionHeat())
	r.heat(o, "feature", x.FeatureHeat())
	return nil
}

// isOfWholeImage tells the names of what wholeImages observes.
func isOfWholeImage(name string) bool {
	of, ok := strings.CutPrefix(name, "out.")
	kind, _, _ := strings.Cut(of, "_")
	return ok && slices.Contains([]string{"features", "heat", "box"}, kind)
}

// tie is how far a heat map may be from its threshold without anyone being sure on which side. At
// an exact tie PyTorch's own boxes depend on the processor, whose instructions it rounds by.
const tie = 1e-6

// heat observes the heat maps of a source, and the boxes made of them.
func (r *reference) heat(o observation, source string, heat []float32) {
	n, name := r.recipe.Patches(), "out.box_"+source
	boxes := func(to map[string][]float64, k float64) {
		var list []float32
		for b := range r.batch {
			one, box := heat[b*n:(b+1)*n], contrastivecrop.Full
			if contrastivecrop.HeatMap(one, one) {
				box, _ = contrastivecrop.BoxAbove(one, r.recipe.Grid(), r.recipe.Side, k)
			}
			list = append(list, box.Top, box.Left, box.Bottom, box.Right)
		}
		to[name] = widen(list)
	}
	boxes(o.values, r.heatK)
	boxes(o.wider, r.heatK-tie)
	boxes(o.narrower, r.heatK+tie)
	o.values["out.heat_"+source] = widen(heat)
}

// run observes losses, stages, gradients and the queue of keys.
func (r *reference) run(o observation, s *method.Step, b *loader.Batch) error {
	queue, queued := s.States()["queue"]
	if queued {
		keys, err := r.values("input.queue", queue.Len())
		if err != nil {
			return err
		}
		kernel.Write(s.Engine(), queue, keys)
	}
	s.Set(b, 0)
	if err := s.Run(); err != nil {
		return err
	}
	total, terms := s.Losses()
	o.values["loss.total"] = []float64{total}
	for name, value := range terms {
		if name == "contrast" {
			value *= r.directions
		}
		o.values["loss."+symbols[name]] = []float64{value}
	}
	stages := s.Stages()
	r.groups.restore(s, stages)
	for name, values := range stages {
		o.values["out."+name] = values
	}
	for _, p := range s.Params() {
		o.values["grad."+p.Name] = s.ReadGrad(p)
	}
	s.After(0, b.Whole)
	if queued {
		o.values["out.queue"] = kernel.Read[float64](s.Engine(), queue)
	}
	return nil
}

func widen(values []float32) []float64 {
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = float64(v)
	}
	return out
}
