package pretrain

import (
	"slices"

	"cmae/internal/comm"
	"cmae/internal/config"
	"cmae/internal/dataset/loader"
	"cmae/internal/graph"
	"cmae/internal/graph/exec"
	"cmae/internal/graph/nn"
	"cmae/internal/graph/op"
	"cmae/internal/kernel"
	"cmae/internal/losses"
	"cmae/internal/model"
	"cmae/internal/trainer"
)

// Step is one pretraining step as a compiled graph: forward, losses and gradients for a batch of
// fixed size (spec 1). The momentum update before it and the optimizer after it belong to the
// caller. Run works on the inputs last set.
//
// Its outputs are the losses, the keys for the queue and, if asked for, the stages of the forward
// pass.
type Step struct {
	*exec.Func
	Terms  []string // names of the losses
	stages []string
	inputs *inputs
}

// The names of a step's outputs.
const (
	outTerm  = "loss." // before the name of a term
	outStage = "out."  // before the name of a stage
	outKeys  = "keys"  // [B,C]
)

// NewStep builds the graph over params, which it creates where they do not exist. inner is the type
// inside blocks. With stages, the stages of the forward pass can be read after a run; otherwise
// their memory is shared.
func NewStep(
	p *nn.Params, c model.Config, batch int, inner kernel.DType, stages bool,
) (*Step, error) {
	return newStep(p, comm.Single(p.Engine()), c, batch, inner, stages)
}

// NewStepIn is NewStep in replicas, whose number divides the batch.
func NewStepIn(
	r *comm.Replicas, p *nn.Params, c model.Config, batch int, inner kernel.DType,
) (*Step, error) {
	return newStep(p, r, c, batch, inner, false)
}

func newStep(
	p *nn.Params, r *comm.Replicas, c model.Config, batch int, inner kernel.DType, stages bool,
) (_ *Step, err error) {
	s := &Step{inputs: &inputs{config: c, batch: batch}}
	if s.Func, err = exec.Compile(r, p, inner, func(b *exec.Builder) {
		s.Terms, s.stages = s.inputs.build(b, stages)
	}); err != nil {
		return nil, trainer.FitsMemory(err, batch)
	}
	return s, nil
}

// PlanStep is NewStep without memory: it tells what one of so many replicas would compute and hold.
// p comes from nn.NewShapes and is filled. A step that no machine holds is a *config.Error.
func PlanStep(
	p *nn.Params, c model.Config, batch, replicas int, inner kernel.DType,
) (*graph.Sketch, error) {
	if err := c.Demand(batch, true).Check(model.MostBytes); err != nil {
		return nil, config.Invalid(err)
	}
	in := &inputs{config: c, batch: batch}
	return exec.Plan(p, replicas, inner, func(b *exec.Builder) { in.build(b, false) })
}

// build makes the graph of a step and returns the names of its terms and, if they are to be kept,
// of its stages.
func (in *inputs) build(b *exec.Builder, keep bool) (names, stages []string) {
	r := in.declare(b)
	o := model.New(b.Scope, in.config).Forward(r.query, r.key)
	all := terms(b.Comm(), in.config, r, o)
	for _, t := range all {
		b.Output(outTerm+t.Name, t.Value)
		names = append(names, t.Name)
	}
	if r.queue != nil {
		b.Output(outKeys, op.AllGather(b.Comm(), o.ZK))
	}
	if keep {
		for name, n := range o.Stages() {
			b.Output(outStage+name, n)
			stages = append(stages, name)
		}
	}
	b.Loss(losses.Total(all))
	return names, stages
}

// terms are the losses whose weight is not 0.
func terms(among comm.Comm, c model.Config, in read, o model.Output) []losses.Term {
	var t []losses.Term
	if o.Pred != nil {
		l := losses.Reconstruction(
			o.Pred, in.query.Images, in.hidden, c.Encoder.PatchSize, c.Reconstruct.NormPix,
		)
		t = append(t, losses.Term{Name: "reconstruct", Weight: c.Reconstruct.Weight, Value: l})
	}
	if o.Location != nil {
		t = append(
			t,
			losses.Term{
				Name: "location", Weight: c.Location.Weight, Value: locationLoss(c.Location, in, o),
			},
		)
	}
	if o.ZQ != nil {
		k := c.Contrast
		l := losses.Contrast(among, o.ZQ, o.ZK, in.queue, k.Tau, k.ScaleByTau)
		if k.Symmetric {
			l = losses.Symmetric(
				l, losses.Contrast(among, o.SwapQ, o.SwapK, in.queue, k.Tau, k.ScaleByTau),
			)
		}
		t = append(t, losses.Term{Name: "contrast", Weight: k.Weight, Value: l})
	}
	return t
}

func locationLoss(c model.LocationConfig, in read, o model.Output) *op.Node {
	if c.Loss == model.LocationL2 {
		return losses.LocationL2(o.Location, in.places, c.Reduction == model.ReduceMean)
	}
	parts := 1
	if c.Target == model.TargetRowCol {
		parts = 2
	}
	return losses.LocationCE(o.Location, in.places, parts)
}

// Set uploads part of a batch: images from index first on, as many as the step takes.
func (s *Step) Set(b *loader.Batch, first int) { s.inputs.feed(s.Func, b, first) }

// Losses are the total and the terms of the last run, means over the batch.
func (s *Step) Losses() (total float64, terms map[string]float64) {
	terms = map[string]float64{}
	for _, name := range s.Terms {
		terms[name] = exec.Read[float64](s.Func, outTerm+name)[0]
	}
	return exec.Read[float64](s.Func, exec.Loss)[0], terms
}

// Stages are the stages of the last run by the names of reference files, of a step that keeps them.
func (s *Step) Stages() map[string][]float64 {
	all := map[string][]float64{}
	for _, name := range s.stages {
		all[name] = exec.Read[float64](s.Func, outStage+name)
	}
	return all
}

// ReadGrad downloads the gradient of a trained parameter.
func (s *Step) ReadGrad(p *nn.Param) []float64 {
	return nn.ReadTensor[float64](s.Engine(), s.Grads()[slices.Index(s.Params(), p)])
}
