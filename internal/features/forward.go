package features

import (
	G "gorgonia.org/gorgonia"

	"cmae/internal/kernel"
	"cmae/internal/model"
	"cmae/internal/nn"
	"cmae/internal/op"
)

// forward adds the encoder to the graph, for images[B,3,S,S].
func (x *Extractor) forward(scope *nn.Scope, images *G.Node) {
	c := x.config
	if c.Encoder.IsResNet() {
		x.mean = model.NewResNet(scope, c.Encoder.ResNet(0), nn.BatchMode{}).Forward(images).Features
		return
	}
	ids := x.everyPatch(images.Graph()) // [B,N]
	var last *G.Node
	var softmax func() *G.Node
	if c.Pooled {
		pass := model.NewPooled(scope, c.Encoder, c.Side).Forward(images, ids, nil)
		x.mean, last, softmax = pass.Features, pass.Last, pass.Softmax
	} else {
		encoder := model.NewEncoder(scope, c.Encoder, c.Side)
		pass := encoder.Forward(encoder.Embed(images), ids, nil)
		x.cls, x.mean = op.PoolTokens(pass.Tokens, 0, 1), op.PoolTokens(pass.Tokens, 1, pass.Tokens.Shape()[1])
		last, softmax = pass.Last, pass.Softmax
	}
	if c.Maps {
		x.last, x.softmax = last, softmax()
	}
}

// everyPatch is the list of all patches of each image.
func (x *Extractor) everyPatch(g *G.ExprGraph) *G.Node {
	grid := x.config.Side / x.config.Encoder.PatchSize
	n := grid * grid
	ids := make([]int32, x.config.Batch*n)
	for i := range ids {
		ids[i] = int32(i % n)
	}
	x.ids = x.engine.New(kernel.I32, x.config.Batch, n)
	nn.WriteTensor(x.engine, x.ids, ids)
	return op.Input(g, "input.all", x.ids)
}
