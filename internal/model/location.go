package model

import (
	G "gorgonia.org/gorgonia"

	"cmae/internal/config"
	"cmae/internal/graph/nn"
	"cmae/internal/graph/op"
)

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

// LocationConfig is the `location` section: L_loc of the paper, the prediction of each visible
// token's place (spec 1.8).
type LocationConfig struct {
	Weight       float64        `yaml:"weight" min:"0" doc:"weight of the location loss; 0 leaves it and its head out"`
	Activation   Activation     `yaml:"activation" choices:"gelu,none" doc:"between the two layers of the head: gelu, or none (the paper's literal form)"`
	Target       LocationTarget `yaml:"target" choices:"index,rowcol" doc:"index (one slot a patch) or rowcol (one slot a row and one a column)"`
	Loss         LocationLoss   `yaml:"loss" choices:"l2,ce" doc:"l2 or ce"`
	Reduction    Reduction      `yaml:"reduction" choices:"sum,mean" doc:"of l2 over the slots: sum or mean"`
	Hidden       int            `yaml:"hidden" min:"0" max:"262144" doc:"hidden width of the head; 0 means half the encoder's width"`
	DropPosition float64        `yaml:"drop_position" min:"0" max:"1" doc:"share of visible tokens fed without their position"`
}

// DefaultLocation is spec 1.8.
func DefaultLocation() LocationConfig {
	return LocationConfig{
		Weight: 1, Activation: ActivationGELU, Target: TargetIndex, Loss: LocationL2,
		Reduction: ReduceSum,
	}
}

// Validate refuses a reduction that the loss does not have.
func (c LocationConfig) Validate() error {
	if c.Loss == LocationCE && c.Reduction == ReduceMean {
		return config.Faultf(
			"location.reduction", "mean applies to location.loss l2; cross-entropy has one form",
		)
	}
	return nil
}

// Slots is the number of outputs for one token on a grid of the given side.
func (c LocationConfig) Slots(grid int) int {
	switch c.Target {
	case TargetIndex:
		return grid * grid
	case TargetRowCol:
		return 2 * grid
	}
	panic(unknown(c.Target))
}

// Targets fills target[B,V,Slots] with ones at the place of each visible patch ids[B,V] and zeros
// elsewhere.
func (c LocationConfig) Targets(target []float64, ids []int32, grid int) {
	clear(target)
	slots := c.Slots(grid)
	for i, id := range ids {
		if c.Target == TargetRowCol {
			target[i*slots+int(id)/grid] = 1
			target[i*slots+grid+int(id)%grid] = 1
			continue
		}
		target[i*slots+int(id)] = 1
	}
}

// Location is the head that predicts places: Linear D to hidden, GELU, Linear to slots.
type Location struct {
	first, second *nn.Linear
	gelu          bool
}

// NewLocation makes the head below s for an encoder of width dim.
func NewLocation(s *nn.Scope, c LocationConfig, dim, grid int) *Location {
	hidden := c.Hidden
	if hidden == 0 {
		hidden = dim / 2
	}
	last := "1"
	if c.Activation == ActivationGELU {
		last = "2"
	}
	return &Location{
		first: nn.NewLinear(s.Sub("0"), dim, hidden), second: nn.NewLinear(
			s.Sub(last), hidden, c.Slots(grid),
		),
		gelu: c.Activation == ActivationGELU,
	}
}

// Forward maps the visible pass q1[B,1+V,D] to [B,V,slots].
func (l *Location) Forward(q1 *G.Node) *G.Node {
	tokens := op.SliceTokens(q1, 1, q1.Shape()[1]) // [B,V,D]
	if l.gelu {
		return l.second.Forward(l.first.ForwardGELU(tokens))
	}
	return l.second.Forward(l.first.ForwardInner(tokens))
}
