package recipe

import "cmae/internal/config"

// Activation stands between the two layers of the location head.
type Activation string

// The activations; none is the paper's literal form.
const (
	ActivationGELU Activation = "gelu"
	ActivationNone Activation = "none"
)

// LocationTarget says how a place is written.
type LocationTarget string

// One slot for every patch, or one for every row and one for every column.
const (
	TargetIndex  LocationTarget = "index"
	TargetRowCol LocationTarget = "rowcol"
)

// LocationLoss compares predicted with true places.
type LocationLoss string

// The squared error, or cross-entropy.
const (
	LocationL2 LocationLoss = "l2"
	LocationCE LocationLoss = "ce"
)

// Reduction says how the squared error goes over the slots.
type Reduction string

// The reductions.
const (
	ReduceSum  Reduction = "sum"
	ReduceMean Reduction = "mean"
)

// Location is the `location` section: L_loc of the paper, the prediction of each visible
// token's place (spec 1.8).
type Location struct {
	Weight       float64        `yaml:"weight" min:"0" doc:"weight of the location loss; 0 leaves it and its head out"`
	Activation   Activation     `yaml:"activation" choices:"gelu,none" doc:"between the two layers of the head: gelu, or none (the paper's literal form)"`
	Target       LocationTarget `yaml:"target" choices:"index,rowcol" doc:"index (one slot a patch) or rowcol (one slot a row and one a column)"`
	Loss         LocationLoss   `yaml:"loss" choices:"l2,ce" doc:"l2 or ce"`
	Reduction    Reduction      `yaml:"reduction" choices:"sum,mean" doc:"of l2 over the slots: sum or mean"`
	Hidden       int            `yaml:"hidden" min:"0" max:"262144" doc:"hidden width of the head; 0 means half the encoder's width"`
	DropPosition float64        `yaml:"drop_position" min:"0" max:"1" doc:"share of visible tokens fed without their position"`
}

// DefaultLocation is spec 1.8.
func DefaultLocation() Location {
	return Location{
		Weight: 1, Activation: ActivationGELU, Target: TargetIndex, Loss: LocationL2,
		Reduction: ReduceSum,
	}
}

// Validate refuses a reduction that the loss does not have.
func (c Location) Validate() error {
	if c.Loss == LocationCE && c.Reduction == ReduceMean {
		return config.Faultf(
			"location.reduction", "mean applies to location.loss l2; cross-entropy has one form",
		)
	}
	return nil
}

// Slots is the number of outputs for one token on a grid of the given side.
func (c Location) Slots(grid int) int {
	switch c.Target {
	case TargetIndex:
		return grid * grid
	case TargetRowCol:
		return 2 * grid
	}
	panic(config.Unknown(c.Target))
}
