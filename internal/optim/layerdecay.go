package optim

import (
	"strconv"
	"strings"

	"cmae/internal/nn"
)

// LayerDecay groups the parameters of an encoder of depth blocks with a head for finetuning (spec 5): each layer has the rate of the one
// above times decay. Layer 0 is the embedding, block i is layer i+1, and what follows the blocks has the full rate. Biases,
// one-dimensional parameters, class token and positions are not decayed.
func LayerDecay(decay float64, depth int) func(p *nn.Param) Group {
	return func(p *nn.Param) Group {
		g := Group{Scale: 1, Decay: p.Decays() && p.Name != "cls_token" && p.Name != "pos_embed"}
		for range depth + 1 - layerOf(p.Name, depth) {
			g.Scale *= decay
		}
		return g
	}
}

// layerOf is the layer of a parameter, 0 to depth+1.
func layerOf(name string, depth int) int {
	if name == "cls_token" || name == "pos_embed" || strings.HasPrefix(name, "patch_embed.") {
		return 0
	}
	if rest, ok := strings.CutPrefix(name, "blocks."); ok {
		number, _, _ := strings.Cut(rest, ".")
		if i, err := strconv.Atoi(number); err == nil {
			return i + 1
		}
	}
	return depth + 1
}
