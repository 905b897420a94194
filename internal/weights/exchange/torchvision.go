package exchange

import (
	"regexp"
	"strings"

	"cmae/internal/weights"
)

// torchvisions is the tensor by which torchvision's vision transformers are known.
const torchvisions = "conv_proj.weight"

// visionNames are what torchvision calls the parts, and timm. Its MLP is a list of layers, which
// older files number otherwise.
var visionNames = map[string]string{
	"class_token": "cls_token", "encoder.pos_embedding": "pos_embed",
	"conv_proj.": "patch_embed.proj.", "encoder.ln.": "norm.",
}

var visionLayerNames = strings.NewReplacer(
	"ln_1.", "norm1.", "ln_2.", "norm2.", "self_attention.in_proj_", "attn.qkv.",
	"self_attention.out_proj.", "attn.proj.", "mlp.0.", "mlp.fc1.", "mlp.3.", "mlp.fc2.",
	"mlp.linear_1.", "mlp.fc1.", "mlp.linear_2.", "mlp.fc2.",
)

var visionLayer = regexp.MustCompile(`^encoder\.layers\.encoder_layer_([0-9]+)\.(.*)$`)

// fromTorchvision gives a vision transformer of torchvision timm's names, behind the prefixes that
// there were, and leaves any other tensor as it is.
func fromTorchvision(f *weights.File) *weights.File {
	prefixes := prefixesBefore(f, torchvisions)
	return f.Rename(func(name string) (string, bool) {
		for _, prefix := range prefixes {
			rest, inside := strings.CutPrefix(name, prefix)
			if !inside {
				continue
			}
			if block := visionLayer.FindStringSubmatch(rest); block != nil {
				number := prefix + "blocks." + block[1] + "."
				return number + visionLayerNames.Replace(block[2]), true
			}
			for theirs, timms := range visionNames {
				if end, is := strings.CutPrefix(rest, theirs); is {
					return prefix + timms + end, true
				}
			}
		}
		return name, true
	})
}

// prefixesBefore are what stands before a landmark in the names of a file.
func prefixesBefore(f *weights.File, landmark string) (list []string) {
	for _, name := range f.Names() {
		prefix, is := strings.CutSuffix(name, landmark)
		if is && (prefix == "" || strings.HasSuffix(prefix, ".")) {
			list = append(list, prefix)
		}
	}
	return list
}
