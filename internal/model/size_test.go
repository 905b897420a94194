package model

import (
	"fmt"
	"math"
	"strings"
	"testing"

	G "gorgonia.org/gorgonia"

	"cmae/internal/graph/nn"
	"cmae/internal/kernel"
	"cmae/internal/kernel/portable"
)

// TestParameterCounts holds spec 2: the published numbers, which count the fixed position tables.
func TestParameterCounts(t *testing.T) {
	decoder := DecoderConfig{Kind: "transformer", Depth: 8, Dim: 512, Heads: 16, MLPRatio: 4}
	for _, c := range []struct {
		name             string
		patch, side      int
		encoder, decoder int
	}{
		{"B/16 at 224", 16, 224, 85_798_656, 26_109_184},
		{"B/8 at 64", 8, 64, 85_254_912, 25_746_112},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := nn.NewShapes(kernel.F32)
			s := nn.NewScope(G.NewGraph(), p, kernel.F32)
			base := EncoderConfig{Size: "base", PatchSize: c.patch, MLPRatio: 4}
			NewEncoder(s, base, c.side)
			encoder := values(p)
			NewDecoder(s, decoder, base.Resolved().Dim, c.side/c.patch, 3*c.patch*c.patch)
			if encoder != c.encoder || values(p)-encoder != c.decoder {
				t.Errorf(
					"encoder %d and decoder %d, want %d and %d", encoder, values(p)-encoder,
					c.encoder, c.decoder,
				)
			}
			n := c.side / c.patch * (c.side / c.patch)
			if tables := (1 + n) * (768 + 512); p.Count("") != values(p)-tables {
				t.Errorf(
					"%d trained values, want all but the %d of the tables", p.Count(""), tables,
				)
			}
		})
	}
}

func values(p *nn.Params) (n int) {
	for _, param := range p.All() {
		n += param.Value.Len()
	}
	return n
}

// TestPositions holds the vector of spec 2 and its mirror: columns in the first half, rows in the
// second, zeros for cls.
func TestPositions(t *testing.T) {
	const dim = 8
	table := make([]float64, (1+4)*dim)
	sinCos(2, dim)(table, nil, nil)
	for row, want := range [][dim]float64{
		{},
		{0, 0, 1, 1, 0, 0, 1, 1},
		{.841471, .01, .540302, .99995, 0, 0, 1, 1},
		{0, 0, 1, 1, .841471, .01, .540302, .99995},
		{.841471, .01, .540302, .99995, .841471, .01, .540302, .99995},
	} {
		for i, w := range want {
			if got := table[row*dim+i]; math.Abs(got-w) > 1e-6 {
				t.Errorf("row %d, value %d: %v, want %v", row, i, got, w)
			}
		}
	}
}

// TestNames holds spec 8: the names and shapes of checkpoints, in the layout of published MAE and
// timm files.
func TestNames(t *testing.T) {
	p := nn.NewParams(portable.New(1), kernel.F32, 0)
	c := Config{
		Side: 16,
		Encoder: EncoderConfig{
			Size: "micro", PatchSize: 4, Dim: 8, Depth: 1, Heads: 2, MLPRatio: 4,
		},
		Decoder:     DecoderConfig{Kind: "hybrid-mlp", Depth: 2, Dim: 12, Heads: 3, MLPRatio: 2},
		Mask:        MaskConfig{Ratio: 0.75},
		Reconstruct: ReconstructConfig{Weight: 1}, Contrast: DefaultContrast(), Location: DefaultLocation(),
	}
	c.Contrast.Hidden, c.Contrast.Out, c.Contrast.Predictor = 20, 10, true
	NewCMAE(nn.NewScope(G.NewGraph(), p, kernel.F32), c)
	want := shapes(`
cls_token 1 1 8;  pos_embed 1 17 8;  patch_embed.proj.weight 8 3 4 4;  patch_embed.proj.bias 8;  norm.weight 8;  norm.bias 8
`+block("blocks.0.", 8, 32)+`
decoder_embed.weight 12 8;  decoder_embed.bias 12;  mask_token 1 1 12;  decoder_pos_embed 1 17 12
decoder_norm.weight 12;  decoder_norm.bias 12;  decoder_pred.weight 48 12;  decoder_pred.bias 48
`+block("decoder_blocks.0.", 12, 24)+mlp("decoder_blocks.1.", 12, 24)+`
decoder_blocks.1.token_mlp.fc1.weight 6 16;  decoder_blocks.1.token_mlp.fc1.bias 6
decoder_blocks.1.token_mlp.fc2.weight 16 6;  decoder_blocks.1.token_mlp.fc2.bias 16
location.0.weight 4 8;  location.0.bias 4;  location.2.weight 16 4;  location.2.bias 16
predictor.0.weight 20 10;  predictor.1.weight 20;  predictor.1.bias 20;  predictor.3.weight 10 20
`+projector, "")
	for name, shape := range shapes(`
cls_token 1 1 8;  pos_embed 1 17 8;  patch_embed.proj.weight 8 3 4 4;  patch_embed.proj.bias 8;  norm.weight 8;  norm.bias 8
`+block("blocks.0.", 8, 32)+projector, MomentumPrefix) {
		want[name] = shape
	}
	for _, param := range p.All() {
		got := strings.Trim(fmt.Sprint(param.Value.Shape), "[]")
		if w, ok := want[param.Name]; !ok || w != got {
			t.Errorf("%s %s, want %q", param.Name, got, w)
		}
		delete(want, param.Name)
	}
	for name := range want {
		t.Errorf("no %s", name)
	}
}

const projector = `
projector.0.weight 20 8;  projector.1.weight 20;  projector.1.bias 20
projector.3.weight 20 20;  projector.4.weight 20;  projector.4.bias 20;  projector.6.weight 10 20
`

// block is the names and shapes of a transformer block, mlp those of its second half and first
// norm.
func block(at string, dim, hidden int) string {
	return fmt.Sprintf("%[1]sattn.qkv.weight %[3]d %[2]d; %[1]sattn.qkv.bias %[3]d; %[1]sattn.proj.weight %[2]d %[2]d; %[1]sattn.proj.bias %[2]d\n",
		at, dim, 3*dim) + mlp(at, dim, hidden)
}

func mlp(at string, dim, hidden int) string {
	return fmt.Sprintf("%[1]snorm1.weight %[2]d; %[1]snorm1.bias %[2]d; %[1]snorm2.weight %[2]d; %[1]snorm2.bias %[2]d\n"+
		"%[1]smlp.fc1.weight %[3]d %[2]d; %[1]smlp.fc1.bias %[3]d; %[1]smlp.fc2.weight %[2]d %[3]d; %[1]smlp.fc2.bias %[2]d\n", at, dim, hidden)
}

// shapes reads a list of names and shapes.
func shapes(list, prefix string) map[string]string {
	all := map[string]string{}
	for _, entry := range strings.FieldsFunc(
		list, func(r rune) bool { return r == ';' || r == '\n' },
	) {
		if name, shape, ok := strings.Cut(strings.TrimSpace(entry), " "); ok {
			all[prefix+name] = shape
		}
	}
	return all
}
