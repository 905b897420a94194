package exchange

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"cmae/internal/evaluate/embed"
	"cmae/internal/recipe"
	"cmae/internal/weights"
	"cmae/internal/weights/safetensors"
)

const (
	scaled         = "testdata/layerscale.safetensors" // see testdata/layerscale.py
	scaledExpected = "testdata/layerscale_expected.safetensors"
)

// TestLayerScale: DINOv2's blocks, by its own names, Hugging Face's and DeiT-III's, give the
// features that NumPy works out.
func TestLayerScale(t *testing.T) {
	f, err := weights.Open(scaled)
	if err != nil {
		t.Fatal(err)
	}
	for name, theirs := range map[string]*strings.Replacer{
		"DINOv2":   strings.NewReplacer(),
		"DeiT-III": strings.NewReplacer("ls1.gamma", "gamma_1", "ls2.gamma", "gamma_2"),
		"Hugging Face": strings.NewReplacer(
			"cls_token", "embeddings.cls_token", "mask_token", "embeddings.mask_token",
			"pos_embed", "embeddings.position_embeddings",
			"patch_embed.proj.", "embeddings.patch_embeddings.projection.",
			"attn.proj.", "attention.output.dense.", "blocks.", "encoder.layer.",
			"ls1.gamma", "layer_scale1.lambda1", "ls2.gamma", "layer_scale2.lambda1",
		),
	} {
		t.Run(name, func(t *testing.T) {
			var tensors []safetensors.Tensor
			for _, name := range f.Names() {
				one, _ := f.Tensor(name)
				if strings.HasPrefix(name, "norm.") && theirs.Replace("cls_token") != "cls_token" {
					one.Name = "layernorm" + strings.TrimPrefix(name, "norm")
				} else {
					one.Name = theirs.Replace(name)
				}
				block, kind, is := strings.Cut(one.Name, "attn.qkv.")
				if !is || !strings.HasPrefix(block, "encoder.") {
					tensors = append(tensors, one)
					continue
				}
				values, err := one.Float32s()
				if err != nil {
					t.Fatal(err)
				}
				shape, n := append([]int{one.Shape[0] / 3}, one.Shape[1:]...), len(values)/3
				for i, part := range []string{"query.", "key.", "value."} {
					tensors = append(tensors, safetensors.FromFloat32s(
						block+"attention.attention."+part+kind, shape, values[i*n:(i+1)*n],
					))
				}
			}
			path := filepath.Join(t.TempDir(), "theirs.safetensors")
			if err := safetensors.WriteFile(path, tensors, nil); err != nil {
				t.Fatal(err)
			}
			out, _ := imported(t, path, 16)
			for _, feature := range []recipe.Feature{recipe.Cls, recipe.Mean} {
				c := configOf(t, out)
				c.Probe.Feature, c.Engine, c.Precision, c.Threads = feature, "portable", "f32", 1
				features := filepath.Join(t.TempDir(), "f.safetensors")
				_, err := embed.Run(context.Background(), open(t, out, c), embed.Options{
					Split: embed.All, Out: features, Images: pictures(t, scaledExpected, "pixels", 16),
				})
				if err != nil {
					t.Fatal(err)
				}
				near(
					t, string(feature), floats(t, features, "features"),
					floats(t, scaledExpected, string(feature)), 1e-5,
				)
			}
		})
	}
}
