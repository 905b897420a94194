package model

import (
	"fmt"
	"slices"
	"strings"

	"cmae/internal/config"
)

// DecoderKind says of which blocks the decoder is made.
type DecoderKind string

// Decoders of blocks of one kind; DecoderKinds lists the others.
const (
	DecoderTransformer DecoderKind = "transformer"
	DecoderMLP         DecoderKind = "mlp"
	DecoderConv        DecoderKind = "conv"
)

// hybrid stands before the kind of a block that replaces some of a transformer's.
const hybrid = "hybrid-"

// DecoderKinds lists the decoders that there are.
func DecoderKinds() []DecoderKind {
	var kinds, hybrids []DecoderKind
	for i, k := range blockKinds() {
		kinds = append(kinds, k.name)
		if i > 0 {
			hybrids = append(hybrids, hybrid+k.name)
		}
	}
	return append(kinds, hybrids...)
}

// parts are what a decoder of this kind is made of: the usual block, and the one that replaces some
// of them, "" where none are replaced.
func (k DecoderKind) parts() (block, other DecoderKind) {
	if other, is := strings.CutPrefix(string(k), hybrid); is {
		return DecoderTransformer, DecoderKind(other)
	}
	return k, ""
}

// DecoderConfig is the `decoder` section (spec 3).
type DecoderConfig struct {
	Kind      DecoderKind `yaml:"kind" doc:"blocks of one kind, or a hybrid: a transformer of which some are replaced"`
	Depth     int         `yaml:"depth" min:"0" max:"256" doc:"blocks; 0 predicts hidden patches by their places alone, of which the encoder learns nothing"`
	Dim       int         `yaml:"dim" min:"4" max:"65536" doc:"width of a token"`
	Heads     int         `yaml:"heads" min:"0" doc:"attention heads (of transformer blocks); 0 means dim/32"`
	MLPRatio  float64     `yaml:"mlp_ratio" above:"0" doc:"hidden width of an MLP over the width of a token (transformer and mlp)"`
	HybridAt  []int       `yaml:"hybrid_at" min:"0" doc:"blocks that a hybrid replaces; empty means the middle one"`
	Depthwise bool        `yaml:"depthwise" doc:"convolve each channel by itself, then mix channels (conv and hybrid-conv)"`
}

// DefaultDecoder is the paper's weakest: two blocks of width 64.
func DefaultDecoder() DecoderConfig {
	return DecoderConfig{Kind: DecoderTransformer, Depth: 2, Dim: 64, MLPRatio: 4}
}

// Choices are the kinds of decoders.
func (DecoderConfig) Choices() map[string][]string {
	var kinds []string
	for _, k := range DecoderKinds() {
		kinds = append(kinds, string(k))
	}
	return map[string][]string{"kind": kinds}
}

// ResolvedHeads is the number of attention heads.
func (c DecoderConfig) ResolvedHeads() int {
	if c.Heads > 0 {
		return c.Heads
	}
	return max(c.Dim/32, 1)
}

// Blocks lists the kind of every block.
func (c DecoderConfig) Blocks() []DecoderKind {
	block, other := c.Kind.parts()
	kinds := slices.Repeat([]DecoderKind{block}, c.Depth)
	at := c.HybridAt // which nobody may have checked
	if len(at) == 0 {
		at = []int{c.Depth / 2}
	}
	for i := range kinds {
		if other != "" && slices.Contains(at, i) {
			kinds[i] = other
		}
	}
	return kinds
}

// The keys of a decoder's shape that not every kind of block has.
const (
	headsKey = "decoder.heads"
	ratioKey = "decoder.mlp_ratio"
)

// Unread are the keys that a decoder of these blocks does not have.
func (c DecoderConfig) Unread() []string {
	return slices.DeleteFunc([]string{headsKey, ratioKey}, c.reads)
}

// reads reports whether a block has the key.
func (c DecoderConfig) reads(key string) bool {
	return slices.ContainsFunc(c.Blocks(), func(kind DecoderKind) bool {
		return slices.Contains(blockOf(kind).reads, key)
	})
}

// Validate checks that heads divide the width, and that nothing is set which a decoder of this kind
// does not have.
func (c DecoderConfig) Validate() error {
	switch {
	case c.Dim%4 != 0:
		return config.Faultf("decoder.dim", "%d must be a positive multiple of 4", c.Dim)
	case c.reads(headsKey) && c.Heads > 0 && c.Dim%c.Heads != 0:
		return config.Faultf(
			headsKey, "%d must be positive and divide decoder.dim %d", c.Heads, c.Dim,
		)
	case c.reads(headsKey) && c.Dim%c.ResolvedHeads() != 0:
		return config.Faultf(
			headsKey, "0 means %d, which does not divide decoder.dim %d; set it",
			c.ResolvedHeads(), c.Dim,
		)
	case c.reads(ratioKey) && !hidden(c.Dim, c.MLPRatio):
		return config.Faultf(
			ratioKey, "%g times decoder.dim %d must make 1 to %d hidden values",
			c.MLPRatio, c.Dim, mostHidden,
		)
	case c.Depthwise && !c.Convolves():
		return config.Faultf(
			"decoder.depthwise",
			"a decoder of kind %q has no convolution; take conv or hybrid-conv", c.Kind,
		)
	}
	return c.validateHybrid()
}

// Convolves reports whether there are convolutions in a decoder of this kind.
func (c DecoderConfig) Convolves() bool {
	block, other := c.Kind.parts()
	return block == DecoderConv || other == DecoderConv
}

// Hybrid reports whether some blocks of a decoder of this kind are replaced.
func (c DecoderConfig) Hybrid() bool {
	_, other := c.Kind.parts()
	return other != ""
}

func (c DecoderConfig) validateHybrid() error {
	for at, i := range c.HybridAt {
		switch {
		case i >= c.Depth:
			return config.Faultf(
				"decoder.hybrid_at", "block %d does not exist in a decoder of depth %d", i, c.Depth,
			)
		case slices.Contains(c.HybridAt[:at], i):
			return config.Faultf("decoder.hybrid_at", "block %d is there twice", i)
		case !c.Hybrid():
			return config.Faultf(
				"decoder.hybrid_at",
				"a decoder of kind %q has no blocks to replace; take hybrid-mlp or hybrid-conv",
				c.Kind,
			)
		}
	}
	return nil
}

// Warnings names what will train but hardly learn on a grid x grid of patches: a decoder without
// blocks, in which no hidden place sees a visible one, and convolutions that cannot see all of it.
func (c DecoderConfig) Warnings(grid int) []string {
	if c.Depth == 0 {
		return []string{"decoder.depth: 0 blocks predict hidden patches by their places alone: " +
			"the reconstruction teaches the encoder nothing; take 1 or more"}
	}
	seesAll := func(kind DecoderKind) bool { return kind != DecoderConv }
	reach := 2*c.Depth + 1
	if reach >= grid || slices.ContainsFunc(c.Blocks(), seesAll) {
		return nil
	}
	return []string{fmt.Sprintf(
		"decoder.depth: %d convolutions of 3x3 see %d of the %d patches along a side; take a "+
			"depth of at least %d, or transformer blocks among them",
		c.Depth, reach, grid, grid/2,
	)}
}
