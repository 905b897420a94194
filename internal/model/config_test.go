package model

import (
	"strings"
	"testing"

	"cmae/internal/config"
	"cmae/internal/graph/exec"
)

// TestRefusals: an error names the key and says in the user's terms what is wrong.
func TestRefusals(t *testing.T) {
	type settings struct {
		Side    int
		Encoder EncoderConfig
		Decoder DecoderConfig
	}
	valid := settings{32, DefaultEncoder(), DefaultDecoder()}
	check := func(c settings) error {
		if err := config.Check("model", c.Encoder); err != nil {
			return err
		}
		if err := config.Check("decoder", c.Decoder); err != nil {
			return err
		}
		return c.Encoder.ValidateSide(c.Side)
	}
	if err := check(valid); err != nil {
		t.Fatalf("the default: %v", err)
	}
	for _, c := range []struct {
		want   string
		change func(c *settings)
	}{
		{
			`model.size: "huge" is not one of micro, tiny, small, base, large, resnet18, resnet50`,
			func(c *settings) { c.Encoder.Size = "huge" },
		},
		{"model.patch_size: -1 must be at least 0", func(c *settings) { c.Encoder.PatchSize = -1 }},
		{"model.patch_size: 4 does not divide data.image_size 37", func(c *settings) { c.Side = 37 }},
		{
			"model.patch_size: 5 does not divide data.image_size 32",
			func(c *settings) { c.Encoder.PatchSize = 5 },
		},
		{"model.patch_size: 64 does not divide", func(c *settings) { c.Encoder.PatchSize = 64 }},
		{"model.dim: 30 must be a positive multiple of 4", func(c *settings) { c.Encoder.Dim = 30 }},
		{"model.depth: -1 must be between 0 and 256", func(c *settings) { c.Encoder.Depth = -1 }},
		{
			"model.heads: 5 must be positive and divide model.dim 96",
			func(c *settings) { c.Encoder.Heads = 5 },
		},
		{"model.width: 8 belongs to a ResNet", func(c *settings) { c.Encoder.Width = 8 }},
		{
			`model.stem: "imagenet" belongs to a ResNet`,
			func(c *settings) { c.Encoder.Stem = "imagenet" },
		},
		{
			"model.dim: belongs to transformers; resnet18 has none",
			func(c *settings) { c.Encoder.Size, c.Encoder.Dim = ResNet18, 64 },
		},
		{
			"model.depth: belongs to transformers",
			func(c *settings) { c.Encoder.Size, c.Encoder.Depth = ResNet50, 50 },
		},
		{
			"model.heads: belongs to transformers",
			func(c *settings) { c.Encoder.Size, c.Encoder.Heads = ResNet18, 3 },
		},
		{
			"model.patch_size: belongs to transformers",
			func(c *settings) { c.Encoder.Size, c.Encoder.PatchSize = ResNet18, 8 },
		},
		{
			"model.mlp_ratio: belongs to transformers",
			func(c *settings) { c.Encoder.Size, c.Encoder.MLPRatio = ResNet18, 2 },
		},
		{"model.width: -1", func(c *settings) { c.Encoder.Size, c.Encoder.Width = ResNet18, -1 }},
		{
			`model.stem: "cifar" is not one of small, imagenet`,
			func(c *settings) { c.Encoder.Size, c.Encoder.Stem = ResNet18, "cifar" },
		},
		{"model.dim: 3000000 must be between 0 and 65536", func(c *settings) { c.Encoder.Dim = 3000000 }},
		{"model.depth: 100000 must be between 0 and 256", func(c *settings) { c.Encoder.Depth = 100000 }},
		{
			"model.mlp_ratio: 1e+09 times model.dim 96 must make 1 to 262144 hidden values",
			func(c *settings) { c.Encoder.MLPRatio = 1e9 },
		},
		{
			"model.width: 5000 must be between 0 and 4096",
			func(c *settings) { c.Encoder.Size, c.Encoder.Width = ResNet18, 5000 },
		},
		{
			"data.image_size: 8192 makes 2048 x 2048 patches of model.patch_size 4, and at most 65536",
			func(c *settings) { c.Side, c.Encoder.PatchSize = 8192, 4 },
		},
		{"decoder.depth: 300 must be between 0 and 256", func(c *settings) { c.Decoder.Depth = 300 }},
		{"decoder.dim: 400000 must be between 4 and 65536", func(c *settings) { c.Decoder.Dim = 400000 }},
		{"decoder.mlp_ratio: 1e+09 ", func(c *settings) { c.Decoder.MLPRatio = 1e9 }},
		{"model.mlp_ratio: 0 ", func(c *settings) { c.Encoder.MLPRatio = 0 }},
		{"model.mlp_ratio: 0.01 ", func(c *settings) { c.Encoder.MLPRatio = 0.01 }},
		{"decoder.depth: -1 must be between 0 and 256", func(c *settings) { c.Decoder.Depth = -1 }},
		{
			"decoder.dim: 62 must be a positive multiple of 4",
			func(c *settings) { c.Decoder.Dim = 62 },
		},
		{"decoder.heads: -2 must be at least 0", func(c *settings) { c.Decoder.Heads = -2 }},
		{
			"decoder.heads: 3 must be positive and divide decoder.dim 64",
			func(c *settings) { c.Decoder.Kind, c.Decoder.Heads = "hybrid-conv", 3 },
		},
		{
			"decoder.heads: 0 means 3, which does not divide decoder.dim 100",
			func(c *settings) { c.Decoder.Heads, c.Decoder.Dim = 0, 100 },
		},
		{
			"decoder.heads: 7 must be positive and divide decoder.dim 64",
			func(c *settings) { c.Decoder.Heads = 7 },
		},
		{"decoder.mlp_ratio: -1 ", func(c *settings) { c.Decoder.MLPRatio = -1 }},
		{"decoder.mlp_ratio: 0.01 ", func(c *settings) { c.Decoder.MLPRatio = 0.01 }},
		{"decoder.kind", func(c *settings) { c.Decoder.Kind = "rnn" }},
	} {
		changed := valid
		c.change(&changed)
		if err := check(changed); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want %q", err, c.want)
		}
	}
}

func TestResolvedSizes(t *testing.T) {
	for size, want := range map[Size][3]int{
		"micro": {96, 4, 3}, "tiny": {192, 12, 3}, "small": {384, 12, 6}, "base": {768, 12, 12}, "large": {1024, 24, 16},
	} {
		r := EncoderConfig{Size: size}.Resolved()
		if got := [3]int{r.Dim, r.Depth, r.Heads}; got != want {
			t.Errorf("%s is %v, want %v", size, got, want)
		}
	}
	r := EncoderConfig{Size: "base", Dim: 96, Depth: 3, Heads: 4}.Resolved()
	if r.Dim != 96 || r.Depth != 3 || r.Heads != 4 {
		t.Errorf("given numbers are replaced: %+v", r)
	}
}

// TestFeatures: how wide the features of an encoder are, and the ResNet behind a size.
func TestFeatures(t *testing.T) {
	for _, c := range []struct {
		config EncoderConfig
		want   int
	}{
		{EncoderConfig{Size: "micro"}, 96},
		{EncoderConfig{Size: "micro", Dim: 16}, 16},
		{EncoderConfig{Size: ResNet18, Stem: "small"}, 512},
		{EncoderConfig{Size: ResNet50, Stem: "small"}, 2048},
		{EncoderConfig{Size: ResNet50, Stem: "small", Width: 4}, 128},
	} {
		if got := c.config.Features(); got != c.want {
			t.Errorf("%+v: %d features, want %d", c.config, got, c.want)
		}
	}
	got := EncoderConfig{Size: ResNet50, Stem: "imagenet", Width: 8}.ResNet(10)
	want := ResNetConfig{Depth: 50, Stem: "imagenet", Channels: 3, Width: 8, Classes: 10}
	if got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// TestFittingPatch demands the remedy of a patch that does not divide an image.
func TestFittingPatch(t *testing.T) {
	for _, c := range []struct {
		patch, side int
		want        string
	}{
		{5, 28, "model.patch_size 4 divides it into 7 x 7"},
		{5, 32, "model.patch_size 4 divides it into 8 x 8"},
		{5, 64, "model.patch_size 8 divides it into 8 x 8"},
		{5, 224, "model.patch_size 16 divides it into 14 x 14"},
		{5, 384, "model.patch_size 32 divides it into 12 x 12"},
		{4, 37, "set data.image_size to a multiple of it, such as 36"},
		{4, 1, "set data.image_size to a multiple of it, such as 4"},
	} {
		e := DefaultEncoder()
		e.PatchSize = c.patch
		if err := e.ValidateSide(c.side); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("patch %d, side %d: %v, want %q", c.patch, c.side, err, c.want)
		}
	}
}

// TestDecodersWithoutHeads: what a decoder's blocks do not have refuses nothing.
func TestDecodersWithoutHeads(t *testing.T) {
	for _, c := range []DecoderConfig{
		{Kind: DecoderConv, Depth: 2, Dim: 100, MLPRatio: 1e9},
		{Kind: DecoderMLP, Depth: 2, Dim: 100, MLPRatio: 4},
		{Kind: "hybrid-mlp", Depth: 2, Dim: 100, MLPRatio: 4, HybridAt: []int{0, 1}},
		{Kind: DecoderTransformer, Depth: 0, Dim: 100, Heads: 7, MLPRatio: 1e9},
	} {
		if err := config.Check("decoder", c); err != nil {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

// TestDecoderMemory: the least memory of a decoder is no more than its weights take.
func TestDecoderMemory(t *testing.T) {
	for _, c := range []DecoderConfig{
		{Kind: DecoderTransformer, Depth: 3, Dim: 64, MLPRatio: 4},
		{Kind: DecoderMLP, Depth: 3, Dim: 64, MLPRatio: 2},
		{Kind: DecoderConv, Depth: 3, Dim: 64, MLPRatio: 4},
		{Kind: DecoderConv, Depth: 3, Dim: 64, MLPRatio: 4, Depthwise: true},
		{Kind: "hybrid-conv", Depth: 3, Dim: 64, MLPRatio: 4},
		{Kind: DecoderTransformer, Depth: 0, Dim: 64, MLPRatio: 4},
	} {
		p, err := exec.Shapes(func(b *exec.Builder) { NewDecoder(b.Scope, c, 96, 4, 48) })
		if err != nil {
			t.Fatal(err)
		}
		blocks := 0
		for _, param := range p.All() {
			if strings.HasPrefix(param.Name, "decoder_blocks.") {
				blocks += param.Value.Len()
			}
		}
		least := c.MinMemory(0, 0, 0, false)[0].bytes / frozenWeight
		if least > float64(blocks) || least < .8*float64(blocks) {
			t.Errorf("%s, depthwise %v: %v weights at least, and there are %d", c.Kind, c.Depthwise, least, blocks)
		}
	}
}
