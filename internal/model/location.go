package model

import (
	"fmt"

	G "gorgonia.org/gorgonia"

	"cmae/internal/config"
	"cmae/internal/graph/nn"
	"cmae/internal/graph/op"
)

// LocationConfig is the `location` section: L_loc of the paper, the prediction of each visible
// token's place (spec 1.8).
type LocationConfig struct {
	Weight       float64 `yaml:"weight" doc:"weight of the location loss; 0 leaves it and its head out"`
	Activation   string  `yaml:"activation" doc:"between the two layers of the head: gelu, or none (the paper's literal form)"`
	Target       string  `yaml:"target" doc:"index (one slot a patch) or rowcol (one slot a row and one a column)"`
	Loss         string  `yaml:"loss" doc:"l2 or ce"`
	Reduction    string  `yaml:"reduction" doc:"of l2 over the slots: sum or mean"`
	Hidden       int     `yaml:"hidden" doc:"hidden width of the head; 0 means half the encoder's width"`
	DropPosition float64 `yaml:"drop_position" doc:"share of visible tokens fed without their position"`
}

// DefaultLocation is spec 1.8.
func DefaultLocation() LocationConfig {
	return LocationConfig{
		Weight: 1, Activation: "gelu", Target: "index", Loss: "l2", Reduction: "sum",
	}
}

// Validate checks ranges and choices.
func (c LocationConfig) Validate() error {
	switch {
	case c.Hidden < 0:
		return fmt.Errorf("location.hidden: %d must not be negative", c.Hidden)
	case !(c.DropPosition >= 0 && c.DropPosition <= 1):
		return fmt.Errorf("location.drop_position: %g must lie between 0 and 1", c.DropPosition)
	case c.Loss == "ce" && c.Reduction == "mean":
		return fmt.Errorf(
			"location.reduction: mean applies to location.loss l2; cross-entropy has one form",
		)
	}
	return firstError(
		config.AtMost(config.Most{Key: "location.hidden", Value: c.Hidden, Limit: mostHidden}),
		weight("location.weight", c.Weight),
		choice("location.activation", c.Activation, "gelu", "none"),
		choice("location.target", c.Target, "index", "rowcol"),
		choice("location.loss", c.Loss, "l2", "ce"),
		choice("location.reduction", c.Reduction, "sum", "mean"),
	)
}

// Slots is the number of outputs for one token on a grid of the given side.
func (c LocationConfig) Slots(grid int) int {
	if c.Target == "rowcol" {
		return 2 * grid
	}
	return grid * grid
}

// Targets fills target[B,V,Slots] with ones at the place of each visible patch ids[B,V] and zeros
// elsewhere.
func (c LocationConfig) Targets(target []float64, ids []int32, grid int) {
	clear(target)
	slots := c.Slots(grid)
	for i, id := range ids {
		if c.Target == "rowcol" {
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
	if c.Activation == "gelu" {
		last = "2"
	}
	return &Location{
		first: nn.NewLinear(s.Sub("0"), dim, hidden), second: nn.NewLinear(
			s.Sub(last), hidden, c.Slots(grid),
		),
		gelu: c.Activation == "gelu",
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
