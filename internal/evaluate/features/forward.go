package features

import (
	"fmt"

	"cmae/internal/graph/exec"
	"cmae/internal/graph/nn"
	"cmae/internal/graph/op"
	"cmae/internal/model"
)

// The outputs of an extractor's graph. All but outMean are a transformer's.
const (
	outCls     = "cls"     // [B,D]
	outMean    = "mean"    // [B,D]
	outLast    = "last"    // [B,1+N,D] before the final LayerNorm
	outTokens  = "tokens"  // [B,1+N,D] after it, of a finetuned transformer before its fc_norm
	outSoftmax = "softmax" // [B,H,1+N,1+N]
)

// softmaxOf is the output of one of depth blocks: of those before the last there is one where
// Config.Rollout asks for it.
func softmaxOf(block, depth int) string {
	if block == depth-1 {
		return outSoftmax
	}
	return fmt.Sprintf("%s.%d", outSoftmax, block)
}

// values is how many values an image has.
func (c Config) values() int { return c.Encoder.In() * c.Side * c.Side }

// Shapes are the names and shapes of the parameters that an extractor reads. They hold no values.
func Shapes(c Config) (*nn.Params, error) { return exec.Shapes(c.build) }

// build makes the encoder's graph.
func (c Config) build(b *exec.Builder) {
	scope := b.Scope
	if c.Momentum {
		scope = scope.Momentum()
	}
	images := b.Images("images", c.Batch, c.Encoder.In(), c.Side)
	if c.Encoder.IsResNet() {
		net := model.NewResNet(scope, c.Encoder.ResNet(0), nn.BatchMode{})
		b.Output(outMean, net.Forward(images).Features)
		return
	}
	grid := c.Side / c.Encoder.At(c.Side).PatchSize
	all := b.Repeat("all", model.EveryPatch(grid*grid))
	var last, tokens *op.Node
	var softmax []func() *op.Node // of each block
	if c.Pooled {
		pass := model.NewPooled(scope, c.Encoder, c.Side).Forward(images, all, nil)
		b.Output(outMean, pass.Features)
		last, tokens, softmax = pass.Last, pass.Last, pass.Softmax
	} else {
		encoder := model.NewEncoder(scope, c.Encoder, c.Side)
		pass := encoder.Forward(encoder.Embed(images), all, nil)
		b.Output(outCls, op.PoolTokens(pass.Tokens, 0, 1))
		b.Output(outMean, op.PoolTokens(pass.Tokens, 1, pass.Tokens.Shape()[1]))
		last, tokens, softmax = pass.Last, pass.Tokens, pass.Softmax
	}
	if c.Maps || c.Patches {
		b.Output(outTokens, tokens)
	}
	if c.Maps {
		b.Output(outLast, last)
		for i, of := range softmax {
			if c.Rollout || i == len(softmax)-1 {
				b.Output(softmaxOf(i, len(softmax)), of())
			}
		}
	}
}
