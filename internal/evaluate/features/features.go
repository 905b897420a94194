// Package features runs whole, unmasked images through an encoder: the features that evaluations
// read, and the heat maps that ContrastiveCrop and the attention pictures are made of.
//
// Reading order: features.go (the extractor and what can be read off it), forward.go (its graph);
// frozen.go (an encoder as one feature of an image), set.go (a split as features), part.go (what of
// it one of several processes encodes); sources.go (the heat maps of all sources), heat.go (a split
// as heat maps), unpad.go (what of one is the image).
package features

import (
	"fmt"
	"math"
	"slices"

	"cmae/internal/comm"
	"cmae/internal/config"
	"cmae/internal/graph/exec"
	"cmae/internal/graph/nn"
	"cmae/internal/kernel"
	"cmae/internal/model"
)

// Batch is the usual number of images at a time: enough to keep the cores busy, little memory.
const Batch = 128

// Config says which encoder, and at which batch size.
type Config struct {
	Encoder     model.EncoderConfig
	Side        int // of an image, in pixels
	Batch       int
	ComputeType kernel.DType // type inside blocks
	Momentum    bool         // the momentum encoder instead of the online one
	Patches     bool         // also keep the patch tokens; a ResNet has none
	// with the patch tokens also keep what the heat maps read
	Maps bool
	// with Maps: also the attention of the blocks before the last, for heat maps of source rollout
	Rollout bool
	// a finetuned transformer: Mean is its fc_norm of the mean, and there is no Cls
	Pooled bool
}

// HasCls says whether the encoder has a class token that means something: a ResNet has none, and
// finetuning trains the mean alone.
func (c Config) HasCls() bool { return !c.Encoder.IsResNet() && !c.Pooled }

// Extractor is an encoder compiled for whole images of one batch size.
type Extractor struct {
	config Config
	graph  *exec.Func
}

// New compiles an extractor over the encoder's parameters in p. BatchNorm takes its running
// statistics.
func New(p *nn.Params, c Config) (*Extractor, error) {
	return NewIn(comm.Single(p.Engine()), p, c)
}

// NewIn is New in replicas of this process; other processes have other images. What this
// machine cannot hold is a *config.Error.
func NewIn(r *comm.Replicas, p *nn.Params, c Config) (*Extractor, error) {
	least := c.Encoder.MinMemory(c.Side, c.Batch, false)
	if err := least.Check(p.Engine().Usage().Most); err != nil {
		return nil, config.Invalid(err)
	}
	f, err := exec.Compile(r.Apart(), p, c.ComputeType, c.build)
	if err != nil {
		return nil, err
	}
	return &Extractor{c, f}, nil
}

// Run encodes images[B,C,S,S], normalised. Fewer than B are allowed; the rest of the results then
// means nothing.
func (x *Extractor) Run(images []float32) error {
	size := x.config.values()
	rows := len(images) / size
	if rows < 1 || rows > x.config.Batch || len(images) != rows*size {
		return fmt.Errorf(
			"features: %d values are not 1 to %d images of %d pixels a side", len(images),
			x.config.Batch, x.config.Side,
		)
	}
	exec.Feed(x.graph, "images", images)
	return x.graph.Run()
}

// Cls is the class token after the final LayerNorm, [B,D]. Encoders without one (see Config.HasCls)
// must not be asked.
func (x *Extractor) Cls() []float32 { return x.read(outCls) }

// Mean is the mean of the patch tokens after the final LayerNorm, of a finetuned transformer before
// its fc_norm, of a ResNet that of the last feature map: [B,D].
func (x *Extractor) Mean() []float32 { return x.read(outMean) }

// Attention is what the class token of the last block pays to each patch, per head: [B,H,N].
func (x *Extractor) Attention() []float32 {
	probs := x.read(outSoftmax)
	h, t := x.heads(), x.tokens()
	maps := make([]float32, 0, x.config.Batch*h*(t-1))
	for row := range slices.Chunk(probs, t*t) {
		maps = append(maps, row[1:t]...)
	}
	return maps
}

// AttentionHeat is the mean of Attention over heads, [B,N] (spec 4, source attention).
func (x *Extractor) AttentionHeat() []float32 {
	maps := x.Attention()
	b, h, n := x.config.Batch, x.heads(), x.tokens()-1
	heat := make([]float32, b*n)
	for i := range b {
		for j := range n {
			sum := float32(0)
			for k := range h {
				sum += maps[(i*h+k)*n+j]
			}
			heat[i*n+j] = sum / float32(h)
		}
	}
	return heat
}

// FeatureHeat is the Euclidean norm of each patch token of the last block before the final
// LayerNorm, [B,N] (spec 4, source feature).
func (x *Extractor) FeatureHeat() []float32 {
	tokens := x.read(outLast)
	b, t := x.config.Batch, x.tokens()
	d := len(tokens) / (b * t)
	heat := make([]float32, 0, b*(t-1))
	for i := range b {
		for j := 1; j < t; j++ {
			sum := 0.0
			for _, v := range tokens[(i*t+j)*d : (i*t+j+1)*d] {
				sum += float64(v) * float64(v)
			}
			heat = append(heat, float32(math.Sqrt(sum)))
		}
	}
	return heat
}

// Patches are the patch tokens that Mean is the mean of, [B,N,D].
func (x *Extractor) Patches() []float32 {
	tokens := x.read(outTokens)
	image := len(tokens) / x.config.Batch
	d := image / x.tokens()
	patches := make([]float32, 0, len(tokens))
	for all := range slices.Chunk(tokens, image) {
		patches = append(patches, all[d:]...)
	}
	return patches
}

// heads is H, and tokens is 1+N.
func (x *Extractor) heads() int  { return x.graph.Node(outSoftmax).Shape()[1] }
func (x *Extractor) tokens() int { return x.graph.Node(outTokens).Shape()[1] }

func (x *Extractor) read(output string) []float32 { return exec.Read[float32](x.graph, output) }

// Close gives the extractor's memory back; the parameters and the replicas stay.
func (x *Extractor) Close() error { return x.graph.Close() }
