package features

import (
	"slices"

	G "gorgonia.org/gorgonia"

	"cmae/internal/graph"
	"cmae/internal/graph/nn"
	"cmae/internal/graph/op"
	"cmae/internal/kernel"
	"cmae/internal/model"
)

// Shapes are the names and shapes of the parameters that an extractor reads. They hold no values.
func Shapes(c Config) (*nn.Params, error) {
	p := nn.NewShapes(kernel.F32)
	s := &share{Share: &graph.Share{Engine: p.Engine()}, Config: c}
	err := op.Build(func() { s.build(nn.NewScope(G.NewGraph(), p, kernel.F32)) })
	return p, err
}

// build adds the encoder to the scope's graph.
func (s *share) build(scope *nn.Scope) {
	if s.Momentum {
		scope = scope.Sub("momentum").As(nn.Follower)
	}
	s.images = s.Engine.New(scope.Real(), s.Batch, 3, s.Side, s.Side)
	images := op.Input(scope.Graph(), "input.images", s.images)
	if s.Encoder.IsResNet() {
		s.mean = model.NewResNet(
			scope, s.Encoder.ResNet(0), nn.BatchMode{},
		).Forward(images).Features
		return
	}
	grid := s.Side / s.Encoder.PatchSize
	s.ids = model.EveryPatch(s.Engine, s.Batch, grid*grid)
	ids := op.Input(scope.Graph(), "input.all", s.ids)
	var last, tokens *G.Node
	var softmax func() *G.Node
	if s.Pooled {
		pass := model.NewPooled(scope, s.Encoder, s.Side).Forward(images, ids, nil)
		s.mean, last, tokens, softmax = pass.Features, pass.Last, pass.Last, pass.Softmax
	} else {
		encoder := model.NewEncoder(scope, s.Encoder, s.Side)
		pass := encoder.Forward(encoder.Embed(images), ids, nil)
		s.cls, s.mean = op.PoolTokens(pass.Tokens, 0, 1), op.PoolTokens(
			pass.Tokens, 1, pass.Tokens.Shape()[1],
		)
		last, tokens, softmax = pass.Last, pass.Tokens, pass.Softmax
	}
	if s.Maps {
		s.last, s.tokens, s.softmax = last, tokens, softmax()
	}
}

// results are the nodes whose values survive a run.
func (s *share) results() G.Nodes {
	nodes := G.Nodes{s.cls, s.mean, s.last, s.tokens, s.softmax}
	return slices.DeleteFunc(nodes, func(n *G.Node) bool { return n == nil })
}
