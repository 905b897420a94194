package ablate

import (
	"cmp"
	"fmt"
	"slices"

	"cmae/internal/contrastivecrop"
	"cmae/internal/method"
	"cmae/internal/model"
	"cmae/internal/recipe"
)

// Decoders are the cells of `ablate decoder`: the paper's axes (spec 3) one at a time and to the
// encoder's scale. The widest is the largest power of two within two thirds of the encoder's width,
// 512 for ViT-B as in MAE; transformers of depth 8, 6, 4 and 2 at that width, a half, a quarter and
// an eighth of it at depth 2, then every other kind at depth 2.
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
	for _, depth := range []int{8, 6, 4, 2} {
		add("transformer", model.DecoderTransformer, depth, widest)
	}
	for dim := widest / 2; dim >= max(4, widest/8); dim /= 2 {
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
		fmt.Sprintf("decoder.kind=%s", kind), fmt.Sprintf("decoder.depth=%d", depth),
		fmt.Sprintf("decoder.dim=%d", dim), "decoder.heads=0", "decoder.hybrid_at=[]",
		"decoder.depthwise=false",
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
// Decoders), each other term of the method's loss and ContrastiveCrop added to it alone, and all
// together, which is the base; its decoder is the weak one. A weight that the base leaves at 0 is
// taken from the defaults.
func Components(base recipe.Pretrain) []Cell {
	m := method.Of(base)
	usual := m.Terms(method.Default())
	strong := decoder("transformer", 8, widestDecoder(base))
	var off, on []string // the weights of all terms but the first, which is MAE's
	for i, term := range m.Terms(base) {
		if i > 0 {
			weight := cmp.Or(term.Weight, usual[i].Weight)
			off = append(off, term.WeightKey()+"=0")
			on = append(on, fmt.Sprintf("%s=%g", term.WeightKey(), weight))
		}
	}
	const noCrop = "crop.enabled=false"
	cells := []Cell{
		{"mae", slices.Concat(strong, off, []string{noCrop})},
		{"mae+weak-decoder", slices.Concat(off, []string{noCrop})},
	}
	for i, term := range usual[1:] {
		alone := slices.Clone(off)
		alone[i] = on[i]
		set := slices.Concat(strong, alone, []string{noCrop})
		cells = append(cells, Cell{"mae+" + term.Name, set})
	}
	return append(
		cells,
		Cell{
			"mae+crop",
			slices.Concat(strong, off, []string{"crop.enabled=true", "crop.net=online"}),
		},
		Cell{"all", slices.Concat(on, []string{"crop.enabled=true"})},
	)
}

// Crops are the cells of `ablate crop`: no ContrastiveCrop, the constant box, all heat maps, and
// the rule, threshold k and alpha of the base's heat map one at a time.
func Crops(base recipe.Pretrain) []Cell {
	source := base.Crop.Source
	if !source.HasHeat() {
		source = contrastivecrop.Attention
	}
	on := func(name string, source contrastivecrop.Source, more ...string) Cell {
		return Cell{
			name, append([]string{"crop.enabled=true", "crop.source=" + string(source)}, more...),
		}
	}
	cells := []Cell{
		{"plain", []string{"crop.enabled=false"}},
		on("constant", contrastivecrop.Constant),
	}
	for _, s := range contrastivecrop.Sources() {
		if s.HasHeat() {
			cells = append(cells, on(string(s), s))
		}
	}
	if base.Crop.Rule != contrastivecrop.Otsu {
		cells = append(cells, on("otsu", source, "crop.rule=otsu"))
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
