package optim

import (
	"strconv"
	"strings"

	"cmae/internal/graph/nn"
)

// LayerDecay groups the parameters of an encoder of depth layers with a head for finetuning (spec
// 5): each layer has the rate of the one above times decay. In a transformer layer 0 is the
// embedding and block i is layer i+1; in a ResNet layer 0 is the stem (conv1, bn1) and the stages
// layer1 to layer4 are layers 1 to 4. What follows has the full rate. Biases, one-dimensional
// parameters, class token and positions are not decayed.
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
	root, rest, _ := strings.Cut(name, ".")
	switch root {
	case "cls_token", "pos_embed", "patch_embed", "conv1", "bn1":
		return 0
	case "blocks":
		root, _, _ = strings.Cut(rest, ".")
		if i, err := strconv.Atoi(root); err == nil {
			return i + 1
		}
	case "layer1", "layer2", "layer3", "layer4":
		return int(root[len(root)-1] - '0')
	}
	return depth + 1
}
