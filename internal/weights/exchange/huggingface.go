package exchange

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"cmae/internal/fault"
	"cmae/internal/weights"
	"cmae/internal/weights/safetensors"
)

// hugging is the tensor by which files of Hugging Face's ViT, ViTMAE and DINOv2 are known.
const hugging = "embeddings.patch_embeddings.projection.weight"

// plainNames are what those programs call the parts, and timm. Blocks are done by layer.
var plainNames = strings.NewReplacer(
	"embeddings.cls_token", "cls_token", "embeddings.position_embeddings", "pos_embed",
	"embeddings.patch_embeddings.projection.", "patch_embed.proj.", "layernorm.", "norm.",
	"embeddings.mask_token", "mask_token",
)

var layerNames = strings.NewReplacer(
	"attention.output.dense.", "attn.proj.", "layernorm_before.", "norm1.",
	"layernorm_after.", "norm2.", "intermediate.dense.", "mlp.fc1.", "output.dense.", "mlp.fc2.",
	"layer_scale1.lambda1", "ls1.gamma", "layer_scale2.lambda1", "ls2.gamma",
)

var (
	layer     = regexp.MustCompile(`^encoder\.layer\.([0-9]+)\.(.*)$`)
	attention = regexp.MustCompile(`^attention\.attention\.(query|key|value)\.(weight|bias)$`)
)

// fromHuggingFace gives a file of theirs timm's names, behind the prefix that there was, and any
// other file as it is. Queries, keys and values become one matrix.
func fromHuggingFace(f *weights.File) (*weights.File, error) {
	names := f.Names()
	at := slices.IndexFunc(names, func(name string) bool { return strings.HasSuffix(name, hugging) })
	if at < 0 {
		return f, nil
	}
	prefix := strings.TrimSuffix(names[at], hugging)
	parts := map[string]bool{} // of attention, by their names of one matrix
	renamed := f.Rename(func(name string) (string, bool) {
		rest, inside := strings.CutPrefix(name, prefix)
		block := layer.FindStringSubmatch(rest)
		switch {
		case !inside:
			return name, true
		case block == nil:
			return prefix + plainNames.Replace(rest), true
		}
		number := prefix + "blocks." + block[1] + "."
		if a := attention.FindStringSubmatch(block[2]); a != nil {
			parts[number+"attn.qkv."+a[2]] = true
			return number + a[1] + "." + a[2], true
		}
		return number + layerNames.Replace(block[2]), true
	})
	for name := range parts {
		if err := join(renamed, name); err != nil {
			return nil, err
		}
	}
	return renamed.Rename(func(name string) (string, bool) {
		return name, !pieces.MatchString(name)
	}), nil
}

// pieces are what join puts together.
var pieces = regexp.MustCompile(`blocks\.[0-9]+\.(query|key|value)\.(weight|bias)$`)

// join puts one matrix, or bias, in place of three, for queries, keys and values.
func join(f *weights.File, name string) error {
	block, kind, _ := strings.Cut(name, "attn.qkv.")
	var values []float32
	var shape []int
	for _, part := range []string{"query.", "key.", "value."} {
		t, ok := f.Tensor(block + part + kind)
		if !ok || len(t.Shape) == 0 || shape != nil && !slices.Equal(shape, t.Shape) {
			return fmt.Errorf(
				"exchange: %w: %q: %s%s%s is missing or has another shape than the query's",
				fault.Mismatch, f.Path, block, part, kind,
			)
		}
		some, err := floatsOf(f, block+part+kind)
		if err != nil {
			return err
		}
		values, shape = append(values, some...), t.Shape
	}
	shape = slices.Clone(shape)
	shape[0] *= 3
	f.Put(safetensors.FromFloat32s(name, shape, values))
	return nil
}
