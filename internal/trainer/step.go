package trainer

import (
	"fmt"
	"slices"

	G "gorgonia.org/gorgonia"

	"cmae/internal/graph"
	"cmae/internal/kernel"
	"cmae/internal/losses"
	"cmae/internal/model"
	"cmae/internal/nn"
	"cmae/internal/op"
)

// Step is one pretraining step as a compiled graph: forward, losses and gradients for a batch of fixed size (spec 1). The momentum
// update before it and the optimizer after it belong to the caller.
type Step struct {
	Inputs  *Inputs
	Output  model.Output
	Terms   []losses.Term
	Total   *G.Node
	Params  []*nn.Param     // trained ones, in order of creation
	Grads   []kernel.Tensor // theirs
	Machine *graph.Machine
	engine  kernel.Engine
}

// NewStep builds the graph over params, which it creates where they do not exist. inner is the type inside blocks. With stages, the values
// of Output can be read after a run; otherwise their memory is shared and only losses and gradients remain (and ZK, for the queue).
func NewStep(p *nn.Params, c model.Config, batch int, inner kernel.DType, stages bool) (*Step, error) {
	g := G.NewGraph()
	s, grads, err := buildStep(g, p, c, batch, inner)
	if err != nil {
		return nil, err
	}
	if s.Machine, err = graph.Compile(p.Engine(), g, append(s.results(stages), grads...)); err != nil {
		return nil, err
	}
	for _, n := range grads {
		s.Grads = append(s.Grads, s.Machine.Value(n))
	}
	return s, nil
}

// PlanStep is NewStep without memory: what the step would compute and hold. It wants params from nn.NewShapes and fills them.
func PlanStep(p *nn.Params, c model.Config, batch int, inner kernel.DType) (*graph.Sketch, error) {
	g := G.NewGraph()
	s, grads, err := buildStep(g, p, c, batch, inner)
	if err != nil {
		return nil, err
	}
	return graph.Plan(g, append(s.results(false), grads...))
}

// buildStep adds a step to g and returns it with the nodes of its gradients.
func buildStep(g *G.ExprGraph, p *nn.Params, c model.Config, batch int, inner kernel.DType) (s *Step, grads G.Nodes, err error) {
	s = &Step{engine: p.Engine()}
	err = op.Build(func() {
		scope := nn.NewScope(g, p, inner)
		s.Inputs = newInputs(g, p.Engine(), scope.Real(), c, batch)
		s.Output = model.New(scope, c).Forward(s.Inputs.query, s.Inputs.key)
		s.Terms = terms(c, s.Inputs, s.Output)
		s.Total = losses.Total(s.Terms)
		var trained G.Nodes
		trained, s.Params = scope.Trained()
		var err error
		if grads, err = G.Grad(s.Total, trained...); err != nil {
			panic(fmt.Sprintf("trainer: differentiate: %v", err)) // every op has a gradient: our own bug
		}
	})
	return s, grads, err
}

// terms are the losses whose weight is not 0.
func terms(c model.Config, in *Inputs, o model.Output) []losses.Term {
	var t []losses.Term
	if o.Pred != nil {
		l := losses.Reconstruction(o.Pred, in.query.Images, in.hidden, c.Encoder.PatchSize, c.Reconstruct.NormPix)
		t = append(t, losses.Term{Name: "con", Weight: c.Reconstruct.Weight, Value: l})
	}
	if o.Location != nil {
		t = append(t, losses.Term{Name: "loc", Weight: c.Location.Weight, Value: locationLoss(c.Location, in, o)})
	}
	if o.ZQ != nil {
		k := c.Contrast
		l := losses.Contrast(o.ZQ, o.ZK, in.queue, k.Tau, k.ScaleByTau)
		if k.Symmetric {
			l = losses.Symmetric(l, losses.Contrast(o.SwapQ, o.SwapK, in.queue, k.Tau, k.ScaleByTau))
		}
		t = append(t, losses.Term{Name: "ctr", Weight: k.Weight, Value: l})
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
func (s *Step) results(stages bool) G.Nodes {
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

// Run executes forward and backward on the inputs last set.
func (s *Step) Run() error { return s.Machine.RunAll() }

// Read downloads the value of a loss, stage or input as float64.
func (s *Step) Read(n *G.Node) []float64 { return nn.ReadTensor[float64](s.engine, s.Machine.Value(n)) }

// ReadGrad downloads the gradient of a trained parameter.
func (s *Step) ReadGrad(p *nn.Param) []float64 {
	return nn.ReadTensor[float64](s.engine, s.Grads[slices.Index(s.Params, p)])
}

// Close gives the step's memory back; the parameters stay.
func (s *Step) Close() error {
	s.Inputs.free(s.engine)
	return s.Machine.Close()
}
