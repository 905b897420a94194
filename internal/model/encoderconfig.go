package model

import "cmae/internal/config"

// Size names an encoder of the usual proportions.
type Size string

// The sizes of transformers and, at the end, of ResNets.
const (
	Micro    Size = "micro"
	Tiny     Size = "tiny"
	Small    Size = "small"
	Base     Size = "base"
	Large    Size = "large"
	ResNet18 Size = "resnet18"
	ResNet50 Size = "resnet50"
)

// Stem is how a ResNet begins.
type Stem string

// The stems: 3x3 for small images, and the published 7x7 of stride 2 with max-pooling.
const (
	StemSmall    Stem = "small"
	StemImageNet Stem = "imagenet"
)

// kernel is side and stride of the stem's convolution.
func (s Stem) kernel() (side, stride int) {
	switch s {
	case StemSmall:
		return 3, 1
	case StemImageNet:
		return 7, 2
	}
	panic(config.Unknown(s))
}

// sizes are width, depth and heads of transformers by name (spec 2).
var sizes = map[Size][3]int{
	Micro: {96, 4, 3}, Tiny: {192, 12, 3}, Small: {384, 12, 6}, Base: {768, 12, 12},
	Large: {1024, 24, 16},
}

// resNetWidth is the number of channels of a published ResNet's stem.
const resNetWidth = 64

// EncoderConfig is the `model` section. Size and Channels are of every encoder, Stem and Width of a
// ResNet; the other fields are a transformer's. A field that the encoder does not have stays at its
// default: Validate refuses another value, so that none is silently ignored.
type EncoderConfig struct {
	Size      Size    `yaml:"size" choices:"micro,tiny,small,base,large,resnet18,resnet50" doc:"encoder: micro, tiny, small, base or large (transformers), resnet18 or resnet50 (for the MoCo methods)"`
	PatchSize int     `yaml:"patch_size" min:"0" doc:"transformer: side of a patch in pixels, which divides data.image_size; 0 takes that of the weights a run starts from, else one by the size of the images: 4 below 48 pixels, 8 at 64, 16 from 128 to 256, 32 above 320, so that images have 49 to 256 patches where their size allows"`
	Dim       int     `yaml:"dim" min:"0" max:"65536" doc:"transformer: width of a token; 0 takes the size's"`
	Depth     int     `yaml:"depth" min:"0" max:"256" doc:"transformer: blocks; 0 takes the size's"`
	Heads     int     `yaml:"heads" doc:"transformer: attention heads; 0 takes the size's"`
	MLPRatio  float64 `yaml:"mlp_ratio" min:"0" doc:"transformer: hidden width of an MLP over the width of a token"`
	Stem      Stem    `yaml:"stem" choices:"small,imagenet" doc:"ResNet: small (3x3, for images of 32 to 64 pixels) or imagenet (7x7 of stride 2, then max-pooling)"`
	// of images, 0 for 3: data.channels, which is said once for all that sees images
	Channels int `yaml:"-"`
	Width    int `yaml:"width" min:"0" max:"4096" doc:"ResNet: channels of the stem; 0 means the published 64"`
}

// DefaultEncoder is the smallest encoder, with patches by the size of the images.
func DefaultEncoder() EncoderConfig {
	return EncoderConfig{Size: Micro, MLPRatio: 4, Stem: StemSmall}
}

// colours is the number of channels of images unless something else is said.
const colours = 3

// In is the number of channels of the images that the encoder sees.
func (c EncoderConfig) In() int {
	if c.Channels == 0 {
		return colours
	}
	return c.Channels
}

// IsResNet tells a ResNet from a transformer.
func (c EncoderConfig) IsResNet() bool { return c.Size == ResNet18 || c.Size == ResNet50 }

// ResNet describes the network of a ResNet's size, with a last layer of classes outputs unless
// classes is 0. It has no meaning for a transformer.
func (c EncoderConfig) ResNet(classes int) ResNetConfig {
	r := ResNetConfig{
		Depth: 18, Stem: c.Stem, Channels: c.In(), Width: c.Resolved().Width, Classes: classes,
	}
	if c.Size == ResNet50 {
		r.Depth = 50
	}
	return r
}

// Features is the number of features of an image: the width of a token, or the channels of a
// ResNet's last block.
func (c EncoderConfig) Features() int {
	if c.IsResNet() {
		return c.ResNet(0).Dim()
	}
	return c.Resolved().Dim
}

// Resolved replaces zeros by the size's own numbers.
func (c EncoderConfig) Resolved() EncoderConfig {
	if c.IsResNet() {
		if c.Width == 0 {
			c.Width = resNetWidth
		}
		return c
	}
	s := sizes[c.Size]
	for i, field := range []*int{&c.Dim, &c.Depth, &c.Heads} {
		if *field == 0 {
			*field = s[i]
		}
	}
	return c
}

// Validate checks that heads divide the width, and that nothing is set which the encoder does not
// have.
func (c EncoderConfig) Validate() error {
	if c.IsResNet() {
		return c.validateResNet()
	}
	r := c.Resolved()
	switch {
	case r.Dim < 4 || r.Dim%4 != 0:
		return config.Faultf(
			"model.dim",
			"%d must be a positive multiple of 4 (sine and cosine of row and column)", r.Dim,
		)
	case r.Heads < 1 || r.Dim%r.Heads != 0:
		return config.Faultf(
			"model.heads", "%d must be positive and divide model.dim %d", r.Heads, r.Dim,
		)
	case !hidden(r.Dim, r.MLPRatio):
		return config.Faultf(
			"model.mlp_ratio", "%g times model.dim %d must make 1 to %d hidden values", r.MLPRatio,
			r.Dim, mostHidden,
		)
	case c.Stem != DefaultEncoder().Stem:
		return config.Faultf(
			"model.stem",
			"%q belongs to a ResNet; model.size %s is a transformer without one, so leave it out",
			c.Stem, c.Size,
		)
	case c.Width != 0:
		return config.Faultf(
			"model.width", "%d belongs to a ResNet; the width of transformer %s is model.dim",
			c.Width, c.Size,
		)
	}
	return nil
}

func (c EncoderConfig) validateResNet() error {
	d := DefaultEncoder()
	for _, field := range []struct {
		key   string
		isSet bool
	}{
		{"model.patch_size", c.PatchSize != 0 && c.PatchSize != SmallPatch}, // once the default
		{"model.dim", c.Dim != 0}, {"model.depth", c.Depth != 0}, {"model.heads", c.Heads != 0},
		{"model.mlp_ratio", c.MLPRatio != 0 && c.MLPRatio != d.MLPRatio},
	} {
		if field.isSet {
			return config.Faultf(
				field.key,
				"belongs to transformers; %s has none, so leave it out (a thinner ResNet: "+
					"model.width)",
				c.Size,
			)
		}
	}
	return nil
}
