package model

import (
	"fmt"

	"cmae/internal/config"
)

// Size names an encoder of the usual proportions.
type Size string

// The ResNets among the sizes; all others are transformers.
const (
	ResNet18 Size = "resnet18"
	ResNet50 Size = "resnet50"
)

// sizes are width, depth and heads of transformers by name (spec 2).
var sizes = map[Size][3]int{
	"micro": {96, 4, 3}, "tiny": {192, 12, 3}, "small": {384, 12, 6}, "base": {768, 12, 12}, "large": {1024, 24, 16},
}

// resNetWidth is the number of channels of a published ResNet's stem.
const resNetWidth = 64

// EncoderConfig is the `model` section. Stem and Width are a ResNet's; all other fields but Size
// are a transformer's. A field that the encoder does not have stays at its default: Validate
// refuses another value, so that none is silently ignored.
type EncoderConfig struct {
	Size      Size    `yaml:"size" doc:"encoder: micro, tiny, small, base or large (transformers), resnet18 or resnet50 (for the MoCo methods)"`
	PatchSize int     `yaml:"patch_size" doc:"transformer: side of a patch in pixels; divides data.image_size"`
	Dim       int     `yaml:"dim" doc:"transformer: width of a token; 0 takes the size's"`
	Depth     int     `yaml:"depth" doc:"transformer: blocks; 0 takes the size's"`
	Heads     int     `yaml:"heads" doc:"transformer: attention heads; 0 takes the size's"`
	MLPRatio  float64 `yaml:"mlp_ratio" doc:"transformer: hidden width of an MLP over the width of a token"`
	Stem      string  `yaml:"stem" doc:"ResNet: small (3x3, for images of 32 to 64 pixels) or imagenet (7x7 of stride 2, then max-pooling)"`
	Width     int     `yaml:"width" doc:"ResNet: channels of the stem; 0 means the published 64"`
}

// DefaultEncoder is the smallest encoder, for 28 to 32 pixel images.
func DefaultEncoder() EncoderConfig {
	return EncoderConfig{Size: "micro", PatchSize: 4, MLPRatio: 4, Stem: "small"}
}

// IsResNet tells a ResNet from a transformer.
func (c EncoderConfig) IsResNet() bool { return c.Size == ResNet18 || c.Size == ResNet50 }

// ResNet describes the network of a ResNet's size, with a last layer of classes outputs unless
// classes is 0. It has no meaning for a transformer.
func (c EncoderConfig) ResNet(classes int) ResNetConfig {
	r := ResNetConfig{Depth: 18, Stem: c.Stem, Width: c.Resolved().Width, Classes: classes}
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

// Validate checks ranges, that heads divide the width, and that nothing is set which the encoder
// does not have.
func (c EncoderConfig) Validate() error {
	if err := choice(
		"model.size", c.Size, "micro", "tiny", "small", "base", "large", ResNet18, ResNet50,
	); err != nil {
		return err
	}
	if c.IsResNet() {
		return c.validateResNet()
	}
	r := c.Resolved()
	if err := config.AtMost(
		config.Most{Key: "model.dim", Value: r.Dim, Limit: mostWidth},
		config.Most{Key: "model.depth", Value: r.Depth, Limit: mostBlocks},
	); err != nil {
		return err
	}
	switch {
	case r.PatchSize < 1:
		return fmt.Errorf("model.patch_size: %d must be at least 1", r.PatchSize)
	case r.Dim < 4 || r.Dim%4 != 0:
		return fmt.Errorf(
			"model.dim: %d must be a positive multiple of 4 (sine and cosine of row and column)",
			r.Dim,
		)
	case r.Depth < 1:
		return fmt.Errorf("model.depth: %d must be at least 1", r.Depth)
	case r.Heads < 1 || r.Dim%r.Heads != 0:
		return fmt.Errorf(
			"model.heads: %d must be positive and divide model.dim %d", r.Heads, r.Dim,
		)
	case !hidden(r.Dim, r.MLPRatio):
		return fmt.Errorf(
			"model.mlp_ratio: %g times model.dim %d must make 1 to %d hidden values", r.MLPRatio,
			r.Dim, mostHidden,
		)
	case c.Stem != "" && c.Stem != DefaultEncoder().Stem:
		return fmt.Errorf(
			"model.stem: %q belongs to a ResNet; model.size %s is a transformer without one, so leave it out",
			c.Stem, c.Size,
		)
	case c.Width != 0:
		return fmt.Errorf(
			"model.width: %d belongs to a ResNet; the width of transformer %s is model.dim",
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
		{
			"patch_size", c.PatchSize != 0 && c.PatchSize != d.PatchSize,
		}, {"dim", c.Dim != 0}, {"depth", c.Depth != 0}, {"heads", c.Heads != 0},
		{"mlp_ratio", c.MLPRatio != 0 && c.MLPRatio != d.MLPRatio},
	} {
		if field.isSet {
			return fmt.Errorf(
				"model.%s: belongs to transformers; %s has none, so leave it out (a thinner ResNet: model.width)",
				field.key, c.Size,
			)
		}
	}
	if c.Width < 0 {
		return fmt.Errorf("model.width: %d must not be negative", c.Width)
	}
	return firstError(
		config.AtMost(config.Most{Key: "model.width", Value: c.Width, Limit: mostChannels}),
		choice("model.stem", c.Stem, "small", "imagenet"),
	)
}
