package exchange

import (
	"os"
	"path/filepath"
	"testing"

	"cmae/internal/weights/safetensors"
)

// FuzzPublished: whatever a file of weights holds, it is refused or its settings can be told.
func FuzzPublished(f *testing.F) {
	whole, err := os.ReadFile(published)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(whole[:4096], "")
	for _, names := range [][]string{
		{"cls_token", "pos_embed", "patch_embed.proj.weight", "blocks.0.norm1.weight"},
		{"conv1.weight", "bn1.weight", "layer1.0.conv1.weight", "fc.weight"},
		{"vit.embeddings.cls_token", "vit.encoder.layer.0.attention.attention.query.weight"},
		{"module.base_encoder.cls_token", "module.momentum_encoder.cls_token"},
	} {
		var list []safetensors.Tensor
		for _, name := range names {
			list = append(list, f32(name, 1, 4, 4))
		}
		path := filepath.Join(f.TempDir(), "seed.safetensors")
		if err := safetensors.WriteFile(path, list, nil); err != nil {
			f.Fatal(err)
		}
		seed, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(seed, "")
		f.Add(seed, "module.base_encoder.")
	}
	path := filepath.Join(f.TempDir(), "in.safetensors")
	f.Fuzz(func(t *testing.T, data []byte, prefix string) {
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
		p, err := OpenPublished(path, prefix)
		if err != nil {
			return
		}
		p.Doubt()
		if _, err := p.Config(); err == nil {
			p.GuessedHeads()
		}
	})
}

// FuzzNames: whatever tensors are called and whatever shapes they have, the file is refused or its
// settings can be told. Unlike FuzzPublished it always has a sound file of safetensors.
func FuzzNames(f *testing.F) {
	f.Add("cls_token", "pos_embed", "patch_embed.proj.weight", uint8(1), uint8(5), uint8(4))
	f.Add("conv1.weight", "bn1.weight", "layer1.0.conv1.weight", uint8(8), uint8(3), uint8(7))
	f.Add("vit.embeddings.cls_token", "vit.embeddings.position_embeddings",
		"vit.encoder.layer.99999999999.output.dense.weight", uint8(1), uint8(1), uint8(8))
	f.Add("blocks.0.ls1.gamma", "blocks.0.attn.proj.weight", "patch_embed.proj.weight",
		uint8(4), uint8(4), uint8(4))
	f.Add("blocks.-1.attn.qkv.weight", "blocks.0.norm1.weight", "..", uint8(0), uint8(1), uint8(0))
	path := filepath.Join(f.TempDir(), "in.safetensors")
	f.Fuzz(func(t *testing.T, first, second, third string, a, b, c uint8) {
		shape := []int{int(a % 16), int(b % 16), int(c % 16)}
		list := []safetensors.Tensor{
			f32(first, shape...), f32(second, shape[1:]...), f32(third, shape[2:]...),
		}
		if safetensors.WriteFile(path, list, nil) != nil {
			return // equal names, or no UTF-8
		}
		p, err := OpenPublished(path, "")
		if err != nil {
			return
		}
		if _, err := p.Config(); err == nil {
			p.GuessedHeads()
		}
	})
}
