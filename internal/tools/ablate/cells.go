package ablate

import (
	"fmt"
	"slices"

	"cmae/internal/contrastivecrop"
	"cmae/internal/model"
	"cmae/internal/recipe"
)

// Decoders are the cells of `ablate decoder`: the paper's axes (spec 3) one at a time and to the
// encoder's scale. The widest is the largest power of two within two thirds of the encoder's width,
// 512 for ViT-B as in MAE; transformers of depth 8, 4 and 2 at that width, a half and a quarter of
// it at depth 2, then every other kind at depth 2.
func Decoders(base recipe.Pretrain) []Cell {
	widest := widestDecoder(base)
	var cells []Cell
	add := func(name string, kind model.DecoderKind, depth, dim int, more ...string) {
		cells = append(
			cells,
			Cell{
				fmt.Sprintf("%s-%dx%d", name, depth, dim),
				append(decoder(kind, depth, dim), more...),
			},
		)
	}
	for _, depth := range []int{8, 4, 2} {
		add("transformer", model.DecoderTransformer, depth, widest)
	}
	for dim := widest / 2; dim >= max(4, widest/4); dim /= 2 {
		add("transformer", model.DecoderTransformer, 2, dim)
	}
	for _, kind := range model.DecoderKinds() {
		if kind == model.DecoderTransformer {
			continue
		}
		add(string(kind), kind, 2, widest)
		if kind == model.DecoderConv {
			add("conv-depthwise", kind, 2, widest, "decoder.depthwise=true")
		}
	}
	return cells
}

// decoder are the settings of a decoder, whatever the base's is.
func decoder(kind model.DecoderKind, depth, dim int) []string {
	return []string{
		"decoder.kind=" + string(kind), fmt.Sprintf(
			"decoder.depth=%d", depth,
		), fmt.Sprintf("decoder.dim=%d", dim),
		"decoder.heads=0", "decoder.hybrid_at=[]", "decoder.depthwise=false",
	}
}

func widestDecoder(c recipe.Pretrain) int {
	dim := 4
	for 3*2*dim <= 2*c.Model.Resolved().Dim {
		dim *= 2
	}
	return dim
}

// Components are the cells of `ablate components`: MAE with a strong decoder (depth 8, see
// Decoders), each of the paper's components added to it alone, and all together, which is the base;
// its decoder is the weak one. A weight that the base leaves at 0 is taken from the defaults.
func Components(base recipe.Pretrain) []Cell {
	usual := recipe.DefaultPretrain()
	contrast, location := base.Contrast.Weight, base.Location.Weight
	if contrast == 0 {
		contrast = usual.Contrast.Weight
	}
	if location == 0 {
		location = usual.Location.Weight
	}
	strong := decoder("transformer", 8, widestDecoder(base))
	withLocation := fmt.Sprintf("location.weight=%g", location)
	withContrast := fmt.Sprintf("contrast.weight=%g", contrast)
	noLocation, noContrast, noCrop := "location.weight=0", "contrast.weight=0", "crop.enabled=false"
	cell := func(name string, decoder []string, rest ...string) Cell {
		return Cell{name, slices.Concat(decoder, rest)}
	}
	return []Cell{
		cell("mae", strong, noLocation, noContrast, noCrop),
		cell("mae+weak-decoder", nil, noLocation, noContrast, noCrop),
		cell("mae+location", strong, withLocation, noContrast, noCrop),
		cell("mae+contrast", strong, noLocation, withContrast, noCrop),
		cell("mae+crop", strong, noLocation, noContrast, "crop.enabled=true", "crop.net=online"),
		cell("all", nil, withLocation, withContrast, "crop.enabled=true"),
	}
}

// Crops are the cells of `ablate crop`: no ContrastiveCrop, the constant box, both heat maps, and
// the threshold k and alpha of the base's heat map one at a time.
func Crops(base recipe.Pretrain) []Cell {
	source := base.Crop.Source
	if source == contrastivecrop.Constant {
		source = contrastivecrop.Attention
	}
	on := func(name string, source contrastivecrop.Source, more ...string) Cell {
		return Cell{
			name, append([]string{"crop.enabled=true", "crop.source=" + string(source)}, more...),
		}
	}
	cells := []Cell{
		{"plain", []string{"crop.enabled=false"}},
		on("constant", contrastivecrop.Constant), on(
			"attention", contrastivecrop.Attention,
		), on("feature", contrastivecrop.Feature),
	}
	for _, k := range []float64{.1, .3, .5, .7} {
		if k != base.Crop.Threshold {
			cells = append(
				cells, on(fmt.Sprintf("k-%g", k), source, fmt.Sprintf("crop.threshold=%g", k)),
			)
		}
	}
	for _, alpha := range []float64{.3, .6, 1} {
		if alpha != base.Crop.Alpha {
			cells = append(
				cells,
				on(fmt.Sprintf("alpha-%g", alpha), source, fmt.Sprintf("crop.alpha=%g", alpha)),
			)
		}
	}
	return cells
}
