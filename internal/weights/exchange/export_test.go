package exchange

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"cmae/internal/config"
	"cmae/internal/fault"
	"cmae/internal/recipe"
	"cmae/internal/weights"
	"cmae/internal/weights/safetensors"
)

// trained is a file with everything that a run's checkpoint has: encoder, momentum copies one
// larger each, a decoder, heads.
func trained(t *testing.T) (string, recipe.Pretrain) {
	t.Helper()
	out, _ := imported(t, published, 16)
	c := configOf(t, out)
	c.Decoder.Dim, c.Decoder.Depth = 4, 1
	f, err := weights.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	list := []safetensors.Tensor{f32("projector.0.weight", 8, 16)}
	for _, name := range f.Names() {
		have, _ := f.Tensor(name)
		values := floats(t, out, name)
		for i := range values {
			values[i]++
		}
		list = append(list, have, safetensors.FromFloat32s("momentum."+name, have.Shape, values))
	}
	for name, shape := range map[string][]int{
		"decoder_embed.weight": {4, 16}, "decoder_embed.bias": {4}, "mask_token": {1, 1, 4},
		"decoder_pos_embed": {1, 17, 4}, "decoder_norm.weight": {4}, "decoder_norm.bias": {4},
		"decoder_pred.weight": {48, 4}, "decoder_pred.bias": {48},
		"decoder_blocks.0.norm1.weight": {4}, "decoder_blocks.0.norm1.bias": {4},
		"decoder_blocks.0.norm2.weight": {4}, "decoder_blocks.0.norm2.bias": {4},
		"decoder_blocks.0.attn.qkv.weight": {12, 4}, "decoder_blocks.0.attn.qkv.bias": {12},
		"decoder_blocks.0.attn.proj.weight": {4, 4}, "decoder_blocks.0.attn.proj.bias": {4},
		"decoder_blocks.0.mlp.fc1.weight": {16, 4}, "decoder_blocks.0.mlp.fc1.bias": {16},
		"decoder_blocks.0.mlp.fc2.weight": {4, 16},
		"decoder_blocks.0.mlp.fc2.bias":   {4},
	} {
		list = append(list, f32(name, shape...))
	}
	if err := safetensors.WriteFile(out, list, nil); err != nil {
		t.Fatal(err)
	}
	return out, c
}

func TestExportTakesWhatIsAsked(t *testing.T) {
	from, c := trained(t)
	first := floats(t, from, "norm.bias")[0]
	for _, test := range []struct {
		name    string
		options ExportOptions
		tensors int
		first   float32
	}{
		{"encoder", ExportOptions{}, 30, first},
		{"momentum", ExportOptions{Momentum: true}, 30, first + 1},
		{"decoder", ExportOptions{Decoder: true}, 50, first},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := test.options
			o.Out = filepath.Join(t.TempDir(), "out.safetensors")
			r, err := Export(open(t, from, c), o)
			if err != nil {
				t.Fatal(err)
			}
			f, err := weights.Open(o.Out)
			if err != nil {
				t.Fatal(err)
			}
			if len(f.Names()) != test.tensors || r.Tensors != test.tensors ||
				floats(t, o.Out, "norm.bias")[0] != test.first {
				t.Errorf(
					"%d tensors, norm.bias %g", len(f.Names()), floats(t, o.Out, "norm.bias")[0],
				)
			}
			var side struct {
				Args TimmArgs `json:"model_args"`
			}
			text, err := os.ReadFile(r.Sidecar)
			if err == nil {
				err = json.Unmarshal(text, &side)
			}
			want := TimmArgs{
				ImageSize: 16, PatchSize: 4, Dim: 16, Depth: 2, Heads: 4, MLPRatio: 4,
				ClassToken: true, GlobalPool: "avg",
			}
			if err != nil || side.Args != want {
				t.Errorf("sidecar %v: %+v", err, side.Args)
			}
		})
	}
}

// TestExportAtAnotherSide: the positions go along to the new grid.
func TestExportAtAnotherSide(t *testing.T) {
	from, c := trained(t)
	c.Data.ImageSize = 24
	out := filepath.Join(t.TempDir(), "out.safetensors")
	if _, err := Export(open(t, from, c), ExportOptions{Out: out}); err != nil {
		t.Fatal(err)
	}
	f, err := weights.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	shape, err := f.EncoderShape()
	if err != nil || shape.Side() != 24 || !slices.Equal(f.Shape("pos_embed"), []int{1, 37, 16}) {
		t.Errorf("side %d, positions %v, %v", shape.Side(), f.Shape("pos_embed"), err)
	}
}

func TestExportRefuses(t *testing.T) {
	from, c := trained(t)
	bare, _ := imported(t, published, 16)
	change := func(f func(*recipe.Pretrain)) recipe.Pretrain {
		c := c
		f(&c)
		return c
	}
	for _, test := range []struct {
		name    string
		from    string
		config  recipe.Pretrain
		options ExportOptions
		want    string
	}{
		{
			"other depth", from, change(func(c *recipe.Pretrain) { c.Model.Depth = 3 }),
			ExportOptions{}, "- blocks.2.norm1.weight [16]",
		},
		{
			"other decoder", from, change(func(c *recipe.Pretrain) { c.Decoder.Dim = 8 }),
			ExportOptions{Decoder: true}, "set decoder.kind, decoder.depth, decoder.dim",
		},
		{"no momentum", bare, c, ExportOptions{Momentum: true}, "leave --momentum out"},
		{"no decoder", bare, c, ExportOptions{Decoder: true}, "lacks decoder_embed.weight"},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := test.options
			o.Out = filepath.Join(t.TempDir(), "out.safetensors")
			if _, err := Export(
				open(t, test.from, test.config), o,
			); !errors.Is(err, fault.Mismatch) ||
				!strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
			if left, _ := os.ReadDir(filepath.Dir(o.Out)); len(left) > 0 {
				t.Errorf("%s was written", left[0].Name())
			}
		})
	}
	var usage *config.Error
	odd := change(func(c *recipe.Pretrain) { c.Data.ImageSize = 15 })
	_, err := Export(open(t, from, odd), ExportOptions{Out: "x.safetensors"})
	if !errors.As(err, &usage) {
		t.Errorf("got %v", err)
	}
}
