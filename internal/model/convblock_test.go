package model

import (
	"fmt"
	"math"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"

	"cmae/internal/config"
	"cmae/internal/graph"
	"cmae/internal/graph/nn"
	"cmae/internal/graph/op"
	"cmae/internal/kernel"
	"cmae/internal/kernel/portable"
	"cmae/internal/rng"
)

// TestDepthwiseBlock gives a depthwise block filters that shift a channel by one column, and a
// layer that swaps both channels: what comes out is known.
func TestDepthwiseBlock(t *testing.T) {
	e := portable.New(1)
	defer e.Close()
	p, g := nn.NewParams(e, kernel.F64, 1), G.NewGraph()
	const images, grid, dim = 2, 3, 2
	x := e.New(kernel.F64, images, 1+grid*grid, dim)
	values := make([]float64, x.Len())
	draw := rng.For(1, rng.Synthetic)
	for i := range values {
		values[i] = draw.NormFloat64()
	}
	kernel.Write(e, x, values)
	block := newConvBlock(
		nn.NewScope(g, p, kernel.F64),
		DecoderConfig{Kind: "conv", Depth: 1, Dim: dim, Depthwise: true}, grid,
	)
	write := func(name string, values ...float64) {
		param, ok := p.Lookup(name)
		if !ok {
			t.Fatalf("no parameter %s", name)
		}
		kernel.Write(e, param.Value, values)
	}
	left := []float64{0, 0, 0, 1, 0, 0, 0, 0, 0}
	write("conv.depthwise.weight", append(left, left...)...)
	write("conv.pointwise.weight", 0, 1, 1, 0)
	y := block.Forward(op.Input(g, "x", x), nil)
	m, err := graph.Compile(e, g, G.Nodes{y})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if err := m.RunAll(); err != nil {
		t.Fatal(err)
	}
	got := kernel.Read[float64](e, m.Value(y))
	for i := range got {
		token, channel := i/dim%(1+grid*grid), i%dim
		want := values[i]
		if token > 0 {
			var a, b float64 // of the left neighbour: the other channel, and this one
			if (token-1)%grid > 0 {
				a, b = values[i-channel-dim+1-channel], values[i-dim]
			}
			want += gelu((a - b) / 2 / math.Sqrt((a-b)*(a-b)/4+1e-6))
		}
		if math.Abs(got[i]-want) > 1e-12 {
			t.Fatalf("token %d, channel %d: got %v, want %v", token, channel, got[i], want)
		}
	}
}

func gelu(x float64) float64 { return x / 2 * (1 + math.Erf(x/math.Sqrt2)) }

func TestDecoderKinds(t *testing.T) {
	for _, c := range []struct {
		config DecoderConfig
		want   string // part of the error, or the blocks
	}{
		{DecoderConfig{Kind: "conv", Depth: 2}, "conv conv"},
		{
			DecoderConfig{Kind: "hybrid-conv", Depth: 3, Depthwise: true},
			"transformer conv transformer",
		},
		{
			DecoderConfig{Kind: "hybrid-conv", Depth: 4, HybridAt: []int{0, 3}},
			"conv transformer transformer conv",
		},
		{DecoderConfig{Kind: "hybrid-mlp", Depth: 1}, "mlp"},
		{DecoderConfig{Kind: "hybrid-mlp"}, ""},
		{DecoderConfig{Kind: "conv", Depthwise: true}, ""},
		{
			DecoderConfig{Kind: "hybrid-conv", HybridAt: []int{0}},
			"decoder.hybrid_at: block 0 does not exist",
		},
		{
			DecoderConfig{Kind: "resnet", Depth: 1},
			`decoder.kind: "resnet" is not one of transformer, mlp, conv, hybrid-mlp, hybrid-conv`,
		},
		{
			DecoderConfig{Kind: "mlp", Depth: 1, Depthwise: true},
			`decoder.depthwise: a decoder of kind "mlp" has no convolution`,
		},
		{
			DecoderConfig{Kind: "hybrid-conv", Depth: 2, HybridAt: []int{2}},
			"decoder.hybrid_at: block 2 does not exist",
		},
		{
			DecoderConfig{Kind: "hybrid-conv", Depth: 2, HybridAt: []int{1, 1}},
			"decoder.hybrid_at: block 1 is there twice",
		},
		{
			DecoderConfig{Kind: "conv", Depth: 2, HybridAt: []int{1}},
			`decoder.hybrid_at: a decoder of kind "conv" has no blocks to replace`,
		},
	} {
		c.config.Dim, c.config.MLPRatio = 64, 4
		got := ""
		if err := config.Check("decoder", c.config); err != nil {
			got = err.Error()
		} else {
			got = strings.Trim(fmt.Sprint(c.config.Blocks()), "[]")
		}
		if !strings.Contains(got, c.want) || c.want == "" && got != "" {
			t.Errorf("%+v: got %q, want %q", c.config, got, c.want)
		}
	}
}

// TestDecoderWarnings: 3x3 convolutions reach 2 depth + 1 patches, and any other block reaches all.
func TestDecoderWarnings(t *testing.T) {
	for _, c := range []struct {
		kind        DecoderKind
		depth, grid int
		want        string
	}{
		{
			"conv", 2, 8, "at least 4",
		}, {"conv", 3, 8, "at least 4"}, {"conv", 4, 9, ""}, {"conv", 2, 7, "at least 3"}, {"conv", 3, 7, ""},
		{"hybrid-conv", 2, 14, ""}, {
			"hybrid-conv", 1, 14, "at least 7",
		}, {"transformer", 1, 14, ""},
		{"transformer", 0, 14, "take 1 or more"}, {"conv", 0, 1, "take 1 or more"},
	} {
		got := strings.Join(DecoderConfig{Kind: c.kind, Depth: c.depth}.Warnings(c.grid), "\n")
		if c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("%s, depth %d, grid %d: %q, want %q", c.kind, c.depth, c.grid, got, c.want)
		}
	}
}
