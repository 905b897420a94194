package exchange

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cmae/internal/recipe"
	"cmae/internal/weights"
	"cmae/internal/weights/safetensors"
)

// TestTorchvision: the same encoder by torchvision's names, those of its MLPs old or new, becomes
// the same file.
func TestTorchvision(t *testing.T) {
	for _, mlp := range [][2]string{{"mlp.0.", "mlp.3."}, {"mlp.linear_1.", "mlp.linear_2."}} {
		theirs := strings.NewReplacer(
			"cls_token", "class_token", "pos_embed", "encoder.pos_embedding",
			"patch_embed.proj.", "conv_proj.", "blocks.", "encoder.layers.encoder_layer_",
			"norm1.", "ln_1.", "norm2.", "ln_2.", "attn.qkv.", "self_attention.in_proj_",
			"attn.proj.", "self_attention.out_proj.", "mlp.fc1.", mlp[0], "mlp.fc2.", mlp[1],
		)
		for _, prefix := range []string{"", "backbone."} {
			path := changed(t, func(name string) (string, bool) {
				name, _ = plain(name)
				if end, final := strings.CutPrefix(name, "norm."); final {
					return prefix + "encoder.ln." + end, true
				}
				if end, head := strings.CutPrefix(name, "head."); head {
					return prefix + "heads.head." + end, true
				}
				return prefix + theirs.Replace(name), true
			})
			got, r := imported(t, path, 16)
			want, _ := imported(t, published, 16)
			if digest(t, got) != digest(t, want) {
				t.Errorf("%q, %q: other tensors by other names", prefix, mlp)
			}
			if r.Prefix != prefix || len(r.Dropped) != 2 {
				t.Errorf("%+v", r)
			}
		}
	}
}

// TestNormAfterPooling: an encoder with fc_norm is written as finetuning leaves one, with its
// feature, and opens.
func TestNormAfterPooling(t *testing.T) {
	path := changed(t, func(name string) (string, bool) {
		name, _ = plain(name)
		if end, final := strings.CutPrefix(name, "norm."); final {
			return "fc_norm." + end, true
		}
		return name, true
	})
	out, r := imported(t, path, 16)
	f, err := weights.Open(out)
	if err != nil {
		t.Fatal(err)
	}
	if !f.Pooled() || r.Tensors != 30 || r.Settings.Probe.Feature != string(recipe.Mean) {
		t.Errorf("pooled %v, %+v", f.Pooled(), r)
	}
}

// TestModelFolder: a folder gives its file or its shards, and config.json the heads.
func TestModelFolder(t *testing.T) {
	whole := changed(t, plain)
	f, err := weights.Open(whole)
	if err != nil {
		t.Fatal(err)
	}
	single, sharded := t.TempDir(), t.TempDir()
	var halves [2][]safetensors.Tensor
	index := `{"weight_map": {`
	for i, name := range f.Names() {
		one, _ := f.Tensor(name)
		halves[i%2] = append(halves[i%2], one)
		index += strings.Repeat(",", min(i, 1)) + `"` + name + `": "` + shardNames[i%2] + `"`
	}
	writeShard(t, single, "model.safetensors", append(halves[0], halves[1]...))
	writeShard(t, sharded, shardNames[0], halves[0])
	writeShard(t, sharded, shardNames[1], halves[1])
	text(t, sharded, "model.safetensors.index.json", index+"}}")
	text(t, single, "config.json", `{"num_attention_heads": 8, "hidden_act": "gelu"}`)
	text(t, sharded, "config.json", `{"architecture": "x", "model_args": {"num_heads": 8}}`)
	for _, dir := range []string{single, sharded} {
		p, err := OpenPublished(dir, "")
		if err != nil {
			t.Fatal(err)
		}
		if m := p.Model().Resolved(); m.Heads != 8 || p.GuessedHeads() != 0 {
			t.Errorf("%d heads, %d guessed", m.Heads, p.GuessedHeads())
		}
		got, _ := imported(t, dir, 16)
		want, _ := imported(t, published, 16)
		if digest(t, got) != digest(t, want) {
			t.Error("other tensors from a folder")
		}
	}
}

var shardNames = [2]string{"model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"}

func digest(t *testing.T, path string) string {
	t.Helper()
	f, err := weights.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return f.Digest()
}

func writeShard(t *testing.T, dir, name string, tensors []safetensors.Tensor) {
	t.Helper()
	if err := safetensors.WriteFile(filepath.Join(dir, name), tensors, nil); err != nil {
		t.Fatal(err)
	}
}

func text(t *testing.T, dir, name, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}
