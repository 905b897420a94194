// Package losses holds the three terms of the paper's objective, one a file: reconstruction.go
// (L_con), contrast.go (L_ctr), location.go (L_loc). They take the stages of a forward pass as
// graph nodes and return scalars. MoCo's objective is L_ctr alone.
//
// Shapes have the letters of package model.
package losses

import (
	G "gorgonia.org/gorgonia"

	"cmae/internal/graph/op"
)

// Term is a weighted part of the objective.
type Term struct {
	Name   string // as metrics have it
	Title  string // of its curve
	Unit   string // of its curve
	Weight float64
	Guess  float64 // what the value is where nothing was learned; 0 where that is not known
	Value  *G.Node
}

// WeightKey is the setting of the term's weight: a term has a section of its name.
func (t Term) WeightKey() string { return t.Name + ".weight" }

// Total is L = w_ctr L_ctr + w_loc L_loc + w_con L_con (spec 1.10).
func Total(terms []Term) *G.Node {
	values, weights := make([]*G.Node, len(terms)), make([]float64, len(terms))
	for i, t := range terms {
		values[i], weights[i] = t.Value, t.Weight
	}
	return op.WeightedSum(values, weights)
}
