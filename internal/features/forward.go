package features

import (
	"slices"

	G "gorgonia.org/gorgonia"

	"cmae/internal/kernel"
	"cmae/internal/model"
	"cmae/internal/nn"
	"cmae/internal/op"
)

// build adds the encoder to the scope's graph.
func (s *share) build(scope *nn.Scope) {
	if s.Momentum {
		scope = scope.Sub("momentum").As(nn.Follower)
	}
	s.images = s.engine.New(scope.Real(), s.Batch, 3, s.Side, s.Side)
	images := op.Input(scope.Graph(), "input.images", s.images)
	if s.Encoder.IsResNet() {
		s.mean = model.NewResNet(scope, s.Encoder.ResNet(0), nn.BatchMode{}).Forward(images).Features
		return
	}
	ids := s.everyPatch(scope.Graph()) // [b,N]
	var last *G.Node
	var softmax func() *G.Node
	if s.Pooled {
		pass := model.NewPooled(scope, s.Encoder, s.Side).Forward(images, ids, nil)
		s.mean, last, softmax = pass.Features, pass.Last, pass.Softmax
	} else {
		encoder := model.NewEncoder(scope, s.Encoder, s.Side)
		pass := encoder.Forward(encoder.Embed(images), ids, nil)
		s.cls, s.mean = op.PoolTokens(pass.Tokens, 0, 1), op.PoolTokens(pass.Tokens, 1, pass.Tokens.Shape()[1])
		last, softmax = pass.Last, pass.Softmax
	}
	if s.Maps {
		s.last, s.softmax = last, softmax()
	}
}

// everyPatch is the list of all patches of each image.
func (s *share) everyPatch(g *G.ExprGraph) *G.Node {
	grid := s.Side / s.Encoder.PatchSize
	n := grid * grid
	ids := make([]int32, s.Batch*n)
	for i := range ids {
		ids[i] = int32(i % n)
	}
	s.ids = s.engine.New(kernel.I32, s.Batch, n)
	nn.WriteTensor(s.engine, s.ids, ids)
	return op.Input(g, "input.all", s.ids)
}

// results are the nodes whose values survive a run.
func (s *share) results() G.Nodes {
	nodes := G.Nodes{s.cls, s.mean, s.last, s.softmax}
	return slices.DeleteFunc(nodes, func(n *G.Node) bool { return n == nil })
}
