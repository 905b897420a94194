package cmae

import (
	"fmt"
	"strings"
	"testing"

	"cmae/internal/graph/exec"
	"cmae/internal/graph/nn"
	"cmae/internal/model"
)

// TestNames holds spec 8: the names and shapes of checkpoints, in the layout of published MAE and
// timm files.
func TestNames(t *testing.T) {
	c := valid()
	c.Side = 16
	c.Model = model.EncoderConfig{
		Size: "micro", PatchSize: 4, Dim: 8, Depth: 1, Heads: 2, MLPRatio: 4,
	}
	c.Decoder = model.DecoderConfig{Kind: "hybrid-mlp", Depth: 2, Dim: 12, Heads: 3, MLPRatio: 2}
	c.Contrast.Hidden, c.Contrast.Out, c.Contrast.Predictor = 20, 10, true
	p, err := exec.Shapes(func(b *exec.Builder) {
		query := b.Input("query", b.ParamType(), 2, 3, c.Side, c.Side)
		key := b.Input("key", b.ParamType(), 2, 3, c.Side, c.Side)
		New().Build(b, c, query, key)
	})
	if err != nil {
		t.Fatal(err)
	}
	want := shapes(`
cls_token 1 1 8;  pos_embed 1 17 8;  patch_embed.proj.weight 8 3 4 4
patch_embed.proj.bias 8;  norm.weight 8;  norm.bias 8
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
cls_token 1 1 8;  pos_embed 1 17 8;  patch_embed.proj.weight 8 3 4 4
patch_embed.proj.bias 8;  norm.weight 8;  norm.bias 8
`+block("blocks.0.", 8, 32)+projector, nn.MomentumPrefix) {
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
	return fmt.Sprintf(
		"%[1]sattn.qkv.weight %[3]d %[2]d; %[1]sattn.qkv.bias %[3]d;"+
			"%[1]sattn.proj.weight %[2]d %[2]d; %[1]sattn.proj.bias %[2]d\n", at, dim, 3*dim,
	) + mlp(at, dim, hidden)
}

func mlp(at string, dim, hidden int) string {
	return fmt.Sprintf(
		"%[1]snorm1.weight %[2]d; %[1]snorm1.bias %[2]d;"+
			"%[1]snorm2.weight %[2]d; %[1]snorm2.bias %[2]d\n"+
			"%[1]smlp.fc1.weight %[3]d %[2]d; %[1]smlp.fc1.bias %[3]d;"+
			"%[1]smlp.fc2.weight %[2]d %[3]d; %[1]smlp.fc2.bias %[2]d\n", at, dim, hidden,
	)
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
