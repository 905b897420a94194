package pretrain

import (
	"slices"

	G "gorgonia.org/gorgonia"

	"cmae/internal/comm"
	"cmae/internal/config"
	"cmae/internal/dataset/loader"
	"cmae/internal/graph"
	"cmae/internal/graph/nn"
	"cmae/internal/graph/op"
	"cmae/internal/kernel"
	"cmae/internal/losses"
	"cmae/internal/model"
	"cmae/internal/trainer"
)

// Step is one pretraining step as compiled graphs: forward, losses and gradients for a batch of
// fixed size (spec 1), in as many shares as there are lanes. The momentum update before it and the
// optimizer after it belong to the caller. Run works on the inputs last set.
type Step struct {
	*graph.Shares[*share]
	Params []*nn.Param // trained ones, in order of creation; Grads are theirs
}

// share is what one lane computes, over its share of the images.
type share struct {
	*graph.Share
	Inputs *Inputs
	Output model.Output
	Terms  []losses.Term
	Total  *G.Node // of all shares together, the mean over the batch
	params []*nn.Param
}

// NewStep builds the graph over params, which it creates where they do not exist. inner is the type
// inside blocks. With stages, the values of Output can be read after a run; otherwise their memory
// is shared and only losses and gradients remain (and ZK, for the queue).
func NewStep(
	p *nn.Params, c model.Config, batch int, inner kernel.DType, stages bool,
) (*Step, error) {
	return newStep(p, lanes.Single(p.Engine()), c, batch, inner, stages)
}

// NewStepIn is NewStep in lanes, whose number divides the batch.
func NewStepIn(
	l *lanes.Lanes, p *nn.Params, c model.Config, batch int, inner kernel.DType,
) (*Step, error) {
	return newStep(p, l, c, batch, inner, false)
}

func newStep(
	p *nn.Params, l *lanes.Lanes, c model.Config, batch int, inner kernel.DType, stages bool,
) (*Step, error) {
	shares, err := graph.CompileShares(l, build(p, c, batch/l.Len(), inner, stages))
	if err != nil {
		return nil, trainer.FitsMemory(err, batch)
	}
	return &Step{shares, shares.Lanes[0].params}, nil
}

// PlanStep is NewStep without memory: it tells what one of shares equal shares of the step would
// compute and hold. p comes from nn.NewShapes and is filled. A step that no machine holds is a
// *config.Error.
func PlanStep(
	p *nn.Params, c model.Config, batch, shares int, inner kernel.DType,
) (*graph.Sketch, error) {
	if err := c.Demand(batch, true).Check(model.MostBytes); err != nil {
		return nil, config.Invalid(err)
	}
	return graph.PlanShare(p.Engine(), shares, build(p, c, batch/shares, inner, false))
}

// build makes shares of batch images.
func build(
	p *nn.Params, c model.Config, batch int, inner kernel.DType, stages bool,
) graph.Build[*share] {
	return func(of *graph.Share) (s *share, outputs, grads G.Nodes, err error) {
		s = &share{Share: of}
		err = op.Build(func() {
			scope := nn.NewScope(of.Graph, p, inner)
			s.Inputs = newInputs(of.Graph, of.Engine, scope.Real(), c, batch)
			s.Output = model.New(scope, c).Forward(s.Inputs.query, s.Inputs.key)
			s.Terms = terms(c, s.Inputs, s.Output)
			s.Total = of.Mean(losses.Total(s.Terms))
			grads, s.params = scope.Differentiate(s.Total)
		})
		return s, s.results(stages), grads, err
	}
}

// terms are the losses whose weight is not 0.
func terms(c model.Config, in *Inputs, o model.Output) []losses.Term {
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
		l := losses.Contrast(o.ZQ, o.ZK, in.queue, k.Tau, k.ScaleByTau)
		if k.Symmetric {
			l = losses.Symmetric(
				l, losses.Contrast(o.SwapQ, o.SwapK, in.queue, k.Tau, k.ScaleByTau),
			)
		}
		t = append(t, losses.Term{Name: "contrast", Weight: k.Weight, Value: l})
	}
	return t
}

func locationLoss(c model.LocationConfig, in *Inputs, o model.Output) *G.Node {
	if c.Loss == "l2" {
		return losses.LocationL2(o.Location, in.places, c.Reduction == "mean")
	}
	parts := 1
	if c.Target == "rowcol" {
		parts = 2
	}
	return losses.LocationCE(o.Location, in.places, parts)
}

// results are the nodes whose values survive a run.
func (s *share) results(stages bool) G.Nodes {
	nodes := G.Nodes{s.Total}
	for _, t := range s.Terms {
		nodes = append(nodes, t.Value)
	}
	if s.Output.ZK != nil {
		nodes = append(nodes, s.Output.ZK)
	}
	if stages {
		for _, n := range s.Output.Stages() {
			nodes = append(nodes, n)
		}
	}
	return nodes
}

// Set uploads part of a batch: images from index first on, as many as the step takes.
func (s *Step) Set(b *loader.Batch, first int) error {
	return s.Each(func(lane int, one *share) { one.Inputs.Set(b, first+lane*one.Inputs.batch) })
}

// Losses are the total and the terms of the last run, means over the batch.
func (s *Step) Losses() (total float64, terms map[string]float64) {
	terms = map[string]float64{}
	for _, one := range s.Lanes {
		total += one.Read(one.Total)[0]
		for _, t := range one.Terms {
			terms[t.Name] += one.Read(t.Value)[0] / float64(len(s.Lanes))
		}
	}
	return total, terms
}

// ReadGrad downloads the gradient of a trained parameter.
func (s *Step) ReadGrad(p *nn.Param) []float64 {
	return nn.ReadTensor[float64](s.Lanes[0].Engine, s.Grads[slices.Index(s.Params, p)])
}

// Read downloads the value of a loss, stage or input as float64.
func (s *share) Read(n *G.Node) []float64 {
	return nn.ReadTensor[float64](s.Engine, s.Machine.Value(n))
}

// Free gives the memory of the inputs back.
func (s *share) Free() {
	for _, t := range s.Inputs.tensors {
		s.Engine.Free(t)
	}
}
