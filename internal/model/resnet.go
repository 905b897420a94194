package model

import (
	"fmt"
	"math"

	G "gorgonia.org/gorgonia"

	"cmae/internal/graph/nn"
	"cmae/internal/graph/op"
)

// ResNetConfig describes a residual network: ResNet-18 of basic blocks or ResNet-50 of bottlenecks,
// as in torchvision.
type ResNetConfig struct {
	Depth int // layers: 18 or 50
	// small (3x3, for images of 32 to 64 pixels) or imagenet (7x7 of stride 2, then max-pooling)
	Stem     Stem
	Channels int // of images
	Width    int // channels of the stem; 64 is the published network
	Classes  int // outputs of the last layer, fc; 0 leaves it out
}

// ResNetStages is the number of stages, between which the resolution changes.
const ResNetStages = 4

// stages is the number of blocks of each stage by depth.
var stages = map[int][ResNetStages]int{18: {2, 2, 2, 2}, 50: {3, 4, 6, 3}}

// Dim is the number of features: channels of the last block.
func (c ResNetConfig) Dim() int { return 8 * c.Width * c.expansion() }

// expansion is how many times wider a block's result is than its 3x3 convolution.
func (c ResNetConfig) expansion() int {
	if c.Depth == 50 {
		return 4
	}
	return 1
}

// ResNet maps images to features, with parameters named as torchvision's: conv1, bn1,
// layer1.0.conv1, .., fc.
type ResNet struct {
	config ResNetConfig
	stem   convNorm
	blocks []*residual
	fc     *nn.Linear
}

// NewResNet makes a network below s. mode is what its BatchNorms do: one graph trains or evaluates,
// on the same parameters.
func NewResNet(s *nn.Scope, c ResNetConfig, mode nn.BatchMode) *ResNet {
	side, stride := c.Stem.kernel()
	r := &ResNet{
		config: c,
		stem: newConvNorm(
			s.Sub("conv1"), s.Sub("bn1"), c.Channels, c.Width, side, stride, mode,
		),
	}
	in := c.Width
	for stage, depth := range stages[c.Depth] {
		layer := s.Sub(fmt.Sprintf("layer%d", 1+stage))
		for i := range depth {
			stride = 1
			if i == 0 && stage > 0 {
				stride = 2
			}
			b := newResidual(layer.Sub(fmt.Sprint(i)), c, in, c.Width<<stage, stride, mode)
			r.blocks, in = append(r.blocks, b), c.expansion()*c.Width<<stage
		}
	}
	if c.Classes > 0 {
		r.fc = nn.NewLinearFrom(s.Sub("fc"), in, c.Classes, nn.Uniform(1/math.Sqrt(float64(in))))
	}
	return r
}

// ResNetOutput names the stages of a pass.
type ResNetOutput struct {
	Map      *G.Node // [B,S*S,Dim] after the last block, channels last
	Features *G.Node // [B,Dim] their mean
	Logits   *G.Node // [B,Classes], nil without fc
}

// Forward maps images[B,C,S,S].
func (r *ResNet) Forward(images *G.Node) ResNetOutput {
	x := r.stem.activate(op.Patchify(images, 1, true), nil) // [B,S*S,Width]
	if r.config.Stem == StemImageNet {
		x = op.MaxPool(x, 3, 2, 1)
	}
	for _, b := range r.blocks {
		x = b.forward(x)
	}
	o := ResNetOutput{Map: x, Features: op.PoolTokens(x, 0, x.Shape()[1])}
	if r.fc != nil {
		o.Logits = r.fc.Forward(o.Features)
	}
	return o
}
