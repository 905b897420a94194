package nn

import (
	"slices"
	"strings"
)

// Part is a part of a model: the parameters whose names begin with one of its prefixes. What no
// part of a list has is the encoder's.
type Part struct {
	Name     string // for people
	Prefixes []string
	Settings string // that its shapes follow from, for people
}

// Has reports whether a parameter is the part's, by its name.
func (p Part) Has(name string) bool {
	return slices.ContainsFunc(
		p.Prefixes, func(prefix string) bool { return strings.HasPrefix(name, prefix) },
	)
}

// Describe says what parts the parameters made at the root of s are.
func (s *Scope) Describe(parts ...Part) {
	for _, part := range parts {
		same := func(other Part) bool { return other.Name == part.Name }
		if !slices.ContainsFunc(s.params.parts, same) {
			s.params.parts = append(s.params.parts, part)
		}
	}
}

// Parts lists the parts that the parameters have been described as.
func (p *Params) Parts() []Part { return p.parts }
