package exchange

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"cmae/internal/recipe"
	"cmae/internal/weights"
	"cmae/internal/weights/safetensors"
)

// TestHuggingFace: the same encoder by their names, with queries, keys and values apart, becomes
// the same file.
func TestHuggingFace(t *testing.T) {
	f, err := weights.Open(published)
	if err != nil {
		t.Fatal(err)
	}
	theirs := strings.NewReplacer(
		"cls_token", "embeddings.cls_token", "pos_embed", "embeddings.position_embeddings",
		"patch_embed.proj.", "embeddings.patch_embeddings.projection.",
		"attn.proj.", "attention.output.dense.", "norm1.", "layernorm_before.",
		"norm2.", "layernorm_after.", "mlp.fc1.", "intermediate.dense.",
		"mlp.fc2.", "output.dense.", "blocks.", "encoder.layer.",
	)
	final := regexp.MustCompile(`^norm\.`)
	for _, prefix := range []string{"", "vit."} {
		tensors := []safetensors.Tensor{safetensors.FromFloat32s("decoder.mask_token", []int{1}, []float32{1})}
		for _, name := range f.Names() {
			rest, is := strings.CutPrefix(name, "module.encoder.")
			one, _ := f.Tensor(name)
			if !is {
				continue
			}
			if block, kind, is := strings.Cut(rest, "attn.qkv."); is {
				values, err := one.Float32s()
				if err != nil {
					t.Fatal(err)
				}
				shape := append([]int{one.Shape[0] / 3}, one.Shape[1:]...)
				for i, part := range []string{"query.", "key.", "value."} {
					tensors = append(tensors, safetensors.FromFloat32s(
						prefix+theirs.Replace(block)+"attention.attention."+part+kind, shape,
						values[i*len(values)/3:(i+1)*len(values)/3],
					))
				}
				continue
			}
			one.Name = prefix + theirs.Replace(final.ReplaceAllString(rest, "layernorm."))
			tensors = append(tensors, one)
		}
		path := filepath.Join(t.TempDir(), "hf.safetensors")
		if err := safetensors.WriteFile(path, tensors, nil); err != nil {
			t.Fatal(err)
		}
		var digests []string
		for _, from := range []string{published, path} {
			out := filepath.Join(t.TempDir(), "out.safetensors")
			if _, err := importTo(
				out, from, func(c *recipe.Pretrain) { c.Model.Heads = 4 },
			); err != nil {
				t.Fatalf("%q: %v", prefix, err)
			}
			made, err := weights.Open(out)
			if err != nil {
				t.Fatal(err)
			}
			digests = append(digests, made.Digest())
		}
		if digests[0] != digests[1] {
			t.Errorf("%q: other tensors by other names", prefix)
		}
	}
}
