// Package verify compares cmae with reference vectors: whole training steps that an independent
// implementation has computed. It runs them through the graph, engine, optimizer and heat-map code
// that training uses. Read verify.go, then reference.go (the files) and compare.go.
package verify

import (
	"fmt"
	"math"
	"strings"

	"cmae/internal/contrastivecrop"
	"cmae/internal/dataset/loader"
	"cmae/internal/evaluate/features"
	"cmae/internal/graph/nn"
	"cmae/internal/kernel"
	"cmae/internal/model"
	"cmae/internal/optim"
	"cmae/internal/trainer/pretrain"
)

// Run checks one file on an engine. inner is the type inside blocks. The error says that the file
// could not be run; a file that ran and disagrees gives a Result that does not pass.
func Run(path string, e kernel.Engine, inner kernel.DType, tolerance Tolerance) (*Result, error) {
	r, err := openReference(path)
	if err != nil {
		return nil, err
	}
	defer r.file.Close()
	res := newResult(path, tolerance)
	params := nn.NewParams(e, kernel.F32, 0)
	step, err := pretrain.NewStep(params, r.model, r.batch, inner, true)
	if err != nil {
		return nil, fmt.Errorf("verify: %q: %w", path, err)
	}
	defer step.Close()
	if err := r.load(params); err != nil {
		return nil, err
	}
	if err := r.wholeImages(params, inner, res); err != nil {
		return nil, err
	}
	model.UpdateMomentum(params, r.momentum)
	if err := r.runStep(step); err != nil {
		return nil, err
	}
	if err := r.compareStep(step, res); err != nil {
		return nil, err
	}
	optim.NewAdamW(r.optim, e, step.Params()).Step(step.Grads(), r.rate, 1)
	return res, r.compareUpdated(params, res)
}

// load writes every parameter of the model from the file.
func (r *reference) load(p *nn.Params) error {
	for _, param := range p.All() {
		values, err := r.values("param."+param.Name, param.Value.Len())
		if err != nil {
			return err
		}
		nn.WriteTensor(p.Engine(), param.Value, values)
	}
	return nil
}

// wholeImages compares features, heat maps and boxes of the unmasked query images.
func (r *reference) wholeImages(p *nn.Params, inner kernel.DType, res *Result) error {
	x, err := features.New(
		p,
		features.Config{
			Encoder: r.model.Encoder, Side: r.model.Side, Batch: r.batch, Inner: inner, Maps: true,
		},
	)
	if err != nil {
		return fmt.Errorf("verify: %q: %w", r.path, err)
	}
	defer x.Close()
	images, err := r.values("input.xq", -1)
	if err != nil {
		return err
	}
	if err := x.Run(images); err != nil {
		return err
	}
	stages := map[string][]float32{"features_cls": x.Cls(), "features_mean": x.Mean()}
	n := r.model.Patches()
	for _, h := range []struct {
		source string
		heat   []float32
	}{{"attention", x.AttentionHeat()}, {"feature", x.FeatureHeat()}} {
		var boxes []float32
		for b := range r.batch {
			one := h.heat[b*n : (b+1)*n]
			box := contrastivecrop.Full
			if contrastivecrop.HeatMap(one, one) {
				box, _ = contrastivecrop.BoxOf(one, r.model.Grid(), r.model.Side, r.heatK)
			}
			boxes = append(boxes, box.Top, box.Left, box.Bottom, box.Right)
		}
		stages["heat_"+h.source] = h.heat
		want, err := r.values("out.box_"+h.source, len(boxes))
		if err != nil {
			return err
		}
		res.boxes("box_"+h.source, boxes, want)
	}
	for name, got := range stages {
		want, err := r.values("out."+name, len(got))
		if err != nil {
			return err
		}
		res.add(Outputs, name, widen(got), want)
	}
	return nil
}

func (r *reference) runStep(s *pretrain.Step) error {
	b := &loader.Batch{}
	for name, to := range map[string]*[]float32{
		"input.xq": &b.Query, "input.xk": &b.Key, "input.noise_q": &b.NoiseQuery, "input.noise_k": &b.NoiseKey,
	} {
		var err error
		if *to, err = r.values(name, -1); err != nil {
			return err
		}
	}
	s.Set(b, 0)
	return s.Run()
}

func (r *reference) compareStep(s *pretrain.Step, res *Result) error {
	// what the terms are called in the vectors, as in the paper
	symbols := map[string]string{"reconstruct": "con", "location": "loc", "contrast": "ctr"}
	total, terms := s.Losses()
	for _, name := range s.Terms {
		if err := r.compare(res, Losses, "loss."+symbols[name], []float64{terms[name]}); err != nil {
			return err
		}
	}
	if err := r.compare(res, Losses, "loss.total", []float64{total}); err != nil {
		return err
	}
	for name, values := range s.Stages() {
		if err := r.compare(res, Outputs, "out."+name, values); err != nil {
			return err
		}
	}
	return r.compareGradients(s, res)
}

func (r *reference) compareGradients(s *pretrain.Step, res *Result) error {
	sum := 0.0
	r.grads = map[string][]float32{}
	for _, p := range s.Params() {
		want, err := r.values("grad."+p.Name, p.Value.Len())
		if err != nil {
			return err
		}
		r.grads[p.Name] = want
		sum += norm(want) * norm(want)
	}
	r.whole = math.Sqrt(sum)
	for _, p := range s.Params() {
		res.addGradient(p.Name, s.ReadGrad(p), r.grads[p.Name], r.whole)
	}
	return nil
}

// compareUpdated holds every trained parameter and momentum copy against the file, and demands that
// the file has no more of them.
func (r *reference) compareUpdated(p *nn.Params, res *Result) error {
	for _, param := range p.All() {
		if param.Role == nn.Fixed {
			continue
		}
		got := nn.ReadTensor[float64](p.Engine(), param.Value)
		want, err := r.values("after."+param.Name, len(got))
		if err != nil {
			return err
		}
		if param.Role == nn.Follower {
			res.add(Updated, param.Name, got, want)
			continue
		}
		res.addUpdated(param.Name, got, want, r.grads[param.Name], r.whole, r.rate)
	}
	for _, name := range r.file.Names() {
		trained, ok := strings.CutPrefix(name, "grad.")
		if _, known := p.Lookup(trained); ok && !known {
			return fmt.Errorf(
				"verify: %q: %s is trained in the file and unknown to the model", r.path, trained,
			)
		}
	}
	return nil
}

func (r *reference) compare(res *Result, kind Kind, name string, got []float64) error {
	want, err := r.values(name, len(got))
	if err != nil {
		return err
	}
	res.add(kind, name, got, want)
	return nil
}

func widen(values []float32) []float64 {
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = float64(v)
	}
	return out
}
