// Package features runs whole, unmasked images through an encoder: the features that probes judge, and the heat maps that
// ContrastiveCrop and the attention pictures are made of.
package features

import (
	"fmt"
	"math"
	"slices"

	G "gorgonia.org/gorgonia"

	"cmae/internal/graph"
	"cmae/internal/kernel"
	"cmae/internal/model"
	"cmae/internal/nn"
	"cmae/internal/op"
)

// Batch is the usual number of images at a time: enough to keep the cores busy, little memory.
const Batch = 128

// Config says which encoder, and at which batch size.
type Config struct {
	Encoder  model.EncoderConfig
	Side     int // of an image, in pixels
	Batch    int
	Inner    kernel.DType // type inside blocks
	Momentum bool         // the momentum encoder instead of the online one
	Maps     bool         // also keep what the heat maps read; a ResNet has none
	Pooled   bool         // a finetuned transformer: Mean is its fc_norm of the mean, and there is no Cls
}

// HasCls says whether the encoder has a class token that means something: a ResNet has none, and finetuning trains the mean alone.
func (c Config) HasCls() bool { return !c.Encoder.IsResNet() && !c.Pooled }

// Extractor is an encoder compiled for whole images of one batch size.
type Extractor struct {
	config    Config
	engine    kernel.Engine
	images    kernel.Tensor
	ids       kernel.Tensor
	machine   *graph.Machine
	cls, mean *G.Node // [B,D]
	last      *G.Node // [B,1+N,D] before the final LayerNorm
	softmax   *G.Node // [B,H,1+N,1+N]
}

// New compiles an extractor over the encoder's parameters in p. BatchNorm takes its running statistics.
func New(p *nn.Params, c Config) (*Extractor, error) {
	g, e := G.NewGraph(), p.Engine()
	x := &Extractor{config: c, engine: e}
	err := op.Build(func() {
		scope := nn.NewScope(g, p, c.Inner)
		if c.Momentum {
			scope = scope.Sub("momentum").As(nn.Follower)
		}
		x.images = e.New(scope.Real(), c.Batch, 3, c.Side, c.Side)
		x.forward(scope, op.Input(g, "input.images", x.images))
	})
	if err != nil {
		return nil, err
	}
	outputs := slices.DeleteFunc(G.Nodes{x.cls, x.mean, x.last, x.softmax}, func(n *G.Node) bool { return n == nil })
	x.machine, err = graph.Compile(e, g, outputs)
	return x, err
}

// Run encodes images[B,3,S,S], normalised. Fewer than B are allowed; the rest of the results then means nothing.
func (x *Extractor) Run(images []float32) error {
	rows := len(images) / (3 * x.config.Side * x.config.Side)
	if rows < 1 || rows > x.config.Batch || len(images) != rows*3*x.config.Side*x.config.Side {
		return fmt.Errorf("features: %d values are not 1 to %d images of %d pixels a side", len(images), x.config.Batch, x.config.Side)
	}
	nn.WriteTensor(x.engine, x.images.Part(0, rows), images)
	return x.machine.RunAll()
}

// Cls is the class token after the final LayerNorm, [B,D]. Encoders without one (see Config.HasCls) must not be asked.
func (x *Extractor) Cls() []float32 { return x.read(x.cls) }

// Mean is the mean of the patch tokens after the final LayerNorm, of a finetuned transformer before its fc_norm, of a ResNet that of the last
// feature map: [B,D].
func (x *Extractor) Mean() []float32 { return x.read(x.mean) }

// Attention is what the class token of the last block pays to each patch, per head: [B,H,N].
func (x *Extractor) Attention() []float32 {
	probs := x.read(x.softmax)
	shape := x.softmax.Shape() // [B,H,T,T]
	t := shape[3]
	maps := make([]float32, 0, shape[0]*shape[1]*(t-1))
	for i := range shape[0] * shape[1] {
		maps = append(maps, probs[i*t*t+1:i*t*t+t]...)
	}
	return maps
}

// AttentionHeat is the mean of Attention over heads, [B,N] (spec 4, source attention).
func (x *Extractor) AttentionHeat() []float32 {
	maps := x.Attention()
	b, h, n := x.softmax.Shape()[0], x.softmax.Shape()[1], x.softmax.Shape()[3]-1
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

// FeatureHeat is the Euclidean norm of each patch token of the last block before the final LayerNorm, [B,N] (spec 4, source feature).
func (x *Extractor) FeatureHeat() []float32 {
	tokens := x.read(x.last)
	b, t, d := x.last.Shape()[0], x.last.Shape()[1], x.last.Shape()[2]
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

func (x *Extractor) read(n *G.Node) []float32 {
	return nn.ReadTensor[float32](x.engine, x.machine.Value(n))
}

// Close gives the memory back; the parameters stay.
func (x *Extractor) Close() error {
	x.engine.Free(x.images)
	if !x.ids.Absent() {
		x.engine.Free(x.ids)
	}
	return x.machine.Close()
}
