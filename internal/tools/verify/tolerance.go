package verify

import "cmae/internal/kernel"

// Kind groups what is compared.
type Kind string

// The kinds, in the order of reports.
const (
	Outputs   Kind = "outputs"
	Losses    Kind = "losses"
	Gradients Kind = "gradients"
	Updated   Kind = "updated"
	Boxes     Kind = "boxes"
)

// Kinds lists them.
var Kinds = []Kind{Outputs, Losses, Gradients, Updated, Boxes}

// Tolerance is the largest relative error |a-b|/|b| allowed of each kind; for boxes, the largest
// difference of coordinates.
type Tolerance struct {
	Limits map[Kind]float64

	// Negligible is the share of the whole gradient's norm, and of the total loss, below which a
	// parameter's or a term's is compared with the whole.
	Negligible float64

	// Most is as much as rounding may widen a limit. What rounding moves further proves nothing.
	Most float64
}

// F32 is what float32 engines must keep: the project's promise. A difference that a negligible
// gradient is allowed is 1e-7 of the whole, the resolution of float32. F64 keeps the same against
// files that are themselves rounded to float32.
var F32 = Tolerance{
	Limits: map[Kind]float64{
		Outputs: 1e-4, Losses: 1e-4, Gradients: 1e-4, Updated: 1e-5, Boxes: 0,
	},
	Negligible: 1e-3, Most: 1e-1,
}

// BF16 is for bfloat16 inside blocks, whose mantissa has eight bits. It finds gross faults: the
// vectors' batches are so small that BatchNorm, which divides by the differences between a few
// images, enlarges rounding a hundredfold (without contrast, errors are below 1e-2). Every gradient
// is held against that of the whole model. A box may move by some rows or columns of patches.
var BF16 = Tolerance{
	Limits: map[Kind]float64{
		Outputs: 1e-1, Losses: 1e-1, Gradients: 5e-1, Updated: 1e-1, Boxes: 0.5,
	},
	Negligible: 1,
}

// ResNetF32 is for ResNets in float32, and finds gross faults too: a ReLU whose input is near 0
// cuts a pixel's gradient off or not, no two implementations agree on all of them, and what lies
// below has it in every number. F64 holds ResNets to the tolerance of others.
var ResNetF32 = Tolerance{
	Limits: map[Kind]float64{
		Outputs: 2e-2, Losses: 2e-2, Gradients: 5e-1, Updated: 1e-5, Boxes: 0,
	},
	Negligible: 1,
}

// tolerance is what a step of the file must keep with a type inside blocks.
func (r *reference) tolerance(compute kernel.DType) Tolerance {
	switch {
	case compute == kernel.BF16:
		return BF16
	case compute == kernel.F32 && r.recipe.Model.IsResNet():
		return ResNetF32
	}
	return F32
}
