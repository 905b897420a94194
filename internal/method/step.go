package method

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
	"cmae/internal/kernel/backend"
	"cmae/internal/losses"
	"cmae/internal/model"
	"cmae/internal/recipe"
)

// Graph is what a step is compiled from.
type Graph struct {
	Method Method
	Recipe recipe.Sized
	Batch  int  // images of a step, of all replicas together
	Stages bool // keep the stages of the forward pass, whose memory is shared otherwise
	// Processes is how many divide the batch before replicas do; 0 is one.
	Processes int
}

// Step is a compiled step (spec 1): forward, losses and gradients for a batch of fixed size. The
// momentum update before it and the optimizer after it belong to the caller. Run works on the
// images last set.
type Step struct {
	*exec.Func
	graph Graph
	terms []losses.Term // described
}

// outTerm stands before a term's name, as the name of an output.
const outTerm = "loss."

// The images of the two views, as names of inputs.
const (
	inQuery = "query.images"
	inKey   = "key.images"
)

// Compile makes a step in replicas, whose number divides the batch, over the parameters in p, which
// it creates where they do not exist. compute is the type inside blocks.
func (g Graph) Compile(
	replicas *comm.Replicas, p *nn.Params, compute kernel.DType,
) (_ *Step, err error) {
	s := &Step{graph: g}
	s.Func, err = exec.Compile(replicas, p, compute, func(b *exec.Builder) { s.terms = g.build(b) })
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Plan is Compile without memory: it tells what one of so many replicas would compute and hold. p
// comes from nn.NewMeta and is filled. A step that no machine holds is a *config.Error.
func (g Graph) Plan(p *nn.Params, replicas int, compute kernel.DType) (*graph.Sketch, error) {
	least := g.Method.MinMemory(g.Recipe, g.Batch/max(g.Processes, 1))
	if err := least.Check(model.MostBytes); err != nil {
		return nil, config.Invalid(err)
	}
	return exec.Plan(p, replicas, compute, func(b *exec.Builder) { g.build(b) })
}

// Replicas is how many replicas of each process compute a step.
func (g Graph) Replicas(choice *backend.Choice) (int, error) {
	processes := max(g.Processes, 1)
	refusal := g.Method.Sharding(g.Recipe.Pretrain)
	if refusal != nil && processes > 1 {
		if err := g.groupsDivide(refusal, processes); err != nil {
			return 0, config.Invalid(err)
		}
	}
	unit := g.Method.Unit(g.Recipe.Pretrain)
	if each := g.Batch / processes; each%unit != 0 {
		return 0, config.Errorf(
			"contrast.every", "%d does not divide the %d images of a process", unit, each,
		)
	}
	return choice.ReplicasFor(
		g.Recipe.Replicas, g.Batch/processes/unit, refusal == nil,
		func(p *nn.Params) (*graph.Sketch, error) {
			return g.Plan(p, processes, choice.ComputeType)
		},
	)
}

// groupsDivide lets processes divide a batch that replicas of one process may not, as refusal says:
// where it has groups each takes some of them.
func (g Graph) groupsDivide(refusal error, processes int) error {
	m, ok := g.Method.(interface {
		Groups(c recipe.Pretrain) int
	})
	if !ok {
		return refusal
	}
	if groups := m.Groups(g.Recipe.Pretrain); groups > 1 && groups%processes != 0 {
		return config.Faultf(
			"contrast.groups", "%d do not divide among %d processes; take a multiple", groups,
			processes,
		)
	}
	return nil
}

// build adds the inputs that all methods have, the method's part and the loss (spec 1.10).
func (g Graph) build(b *exec.Builder) []losses.Term {
	b.KeepStages = g.Stages
	b.Describe(g.Method.Parts()...)
	channels, side := g.Recipe.Model.In(), g.Recipe.Side
	var query, key *op.Node
	if g.Method.Pixels(g.Recipe.Pretrain) {
		query = b.Input(inQuery, b.ParamType(), g.Batch, channels, side, side)
	} else {
		query = b.Images(inQuery, g.Batch, channels, side)
	}
	if Loading(g.Method, g.Recipe).Mode == loader.TwoViews {
		key = b.Images(inKey, g.Batch, channels, side)
	}
	terms := g.Method.Build(b, g.Recipe, query, key)
	for _, t := range terms {
		b.Output(outTerm+t.Name, t.Value)
	}
	b.Loss(losses.Total(terms))
	return terms
}

// Loading is how images become batches.
func Loading(m Method, c recipe.Sized) loader.Options {
	o := loader.Options{
		Mode: loader.OneView, Seed: c.Seed, Batch: c.Train.BatchSize, Side: c.Side,
		CropAlpha: c.Crop.Alpha, Augment: c.Augment, Config: c.Loader,
	}
	m.Views(c, &o)
	return o
}

// Set uploads part of a batch: images from index first on, as many as this process takes.
func (s *Step) Set(b *loader.Batch, first int) {
	c := s.graph.Recipe
	from, to, pixels := first, first+s.Images(), c.Values()
	exec.Feed(s.Func, inQuery, b.Query[from*pixels:to*pixels])
	if s.Has(inKey) {
		exec.Feed(s.Func, inKey, b.Key[from*pixels:to*pixels])
	}
	s.graph.Method.Feed(s.Func, c, b, from, to)
}

// Losses are the total and the terms of the last run, means over the batch.
func (s *Step) Losses() (total float64, terms map[string]float64) {
	terms = map[string]float64{}
	for _, t := range s.terms {
		terms[t.Name] = exec.Read[float64](s.Func, outTerm+t.Name)[0]
	}
	return exec.Read[float64](s.Func, exec.Loss)[0], terms
}

// Start gives the states of a new run their first values.
func (s *Step) Start() { s.graph.Method.Start(s.Func, s.graph.Recipe.Pretrain) }

// Momentum is the coefficient of the EMA before step (from 0) of steps; ok is false where nothing
// follows the parameters.
func (s *Step) Momentum(step, steps int) (m float64, ok bool) {
	return s.graph.Method.Momentum(s.graph.Recipe.Pretrain, step, steps)
}

// After follows the optimizer's step on these images; done counts the steps before it.
func (s *Step) After(done int, images []int32) {
	s.graph.Method.After(s.Func, s.graph.Recipe.Pretrain, done, images)
}

// ReadGrad downloads the gradient of a trained parameter.
func (s *Step) ReadGrad(p *nn.Param) []float64 {
	return kernel.Read[float64](s.Engine(), s.Grads()[slices.Index(s.Params(), p)])
}
