package method

import (
	"slices"
	"strings"

	"cmae/internal/config"
	"cmae/internal/graph/nn"
	"cmae/internal/losses"
	"cmae/internal/method/cmae"
	"cmae/internal/method/moco"
	"cmae/internal/recipe"
)

// Table is a list of methods. The first is the one of a recipe that names none.
type Table []Method

// All are the methods of cmae: a new one is a line here.
func All() Table {
	return Table{
		cmae.New(),
		moco.V1(),
		moco.V2(),
		moco.V3(),
	}
}

// Names lists the values of the setting method.
func (t Table) Names() []string {
	var names []string
	for _, m := range t {
		names = append(names, m.Name())
	}
	return names
}

// Find finds a method by its name. The error names the setting and its choices.
func (t Table) Find(name string) (Method, error) {
	for _, m := range t {
		if m.Name() == name {
			return m, nil
		}
	}
	return nil, config.Faultf(
		"method", "%q is not one of %s", name, strings.Join(t.Names(), ", "),
	)
}

// Terms describes the terms of all methods, as the default recipe has them.
func (t Table) Terms() []losses.Term {
	var all []losses.Term
	for _, m := range t {
		for _, term := range m.Terms(recipe.DefaultPretrain()) {
			same := func(other losses.Term) bool { return other.Name == term.Name }
			if !slices.ContainsFunc(all, same) {
				all = append(all, term)
			}
		}
	}
	return all
}

// Parts are the heads of all methods.
func (t Table) Parts() []nn.Part {
	var all []nn.Part
	for _, m := range t {
		for _, part := range m.Parts() {
			same := func(other nn.Part) bool { return other.Name == part.Name }
			if !slices.ContainsFunc(all, same) {
				all = append(all, part)
			}
		}
	}
	return all
}
