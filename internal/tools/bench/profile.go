package bench

import (
	"cmp"
	"maps"
	"slices"

	"cmae/internal/graph"
)

// Share is what one kind of operation, or one layer, takes of a step, waiting for other replicas
// included.
type Share struct {
	Name  string  `json:"name"`
	Calls int     `json:"calls"` // a step
	MS    float64 `json:"ms"`    // a step, mean
	Part  float64 `json:"part"`  // of all that was timed
}

// startProfile times every operation of the first replica from now on.
func (s *stepper) startProfile() {
	s.profile = s.Step.Profile()
	clear(s.phases)
}

// profileTables are shares by kind and by layer, largest first. What is outside the graph counts as
// one more kind and layer.
func (s *stepper) profileTables(steps int) (kinds, layers []Share) {
	table := func(costs map[string]graph.Cost) []Share {
		all := maps.Clone(costs)
		maps.Copy(all, s.phases)
		var list []Share
		total := 0.0
		for name, c := range all {
			list = append(
				list, Share{Name: name, Calls: c.Calls / steps, MS: ms(c.Time) / float64(steps)},
			)
			total += ms(c.Time) / float64(steps)
		}
		for i := range list {
			list[i].Part = list[i].MS / total
		}
		slices.SortFunc(
			list,
			func(a, b Share) int {
				return cmp.Or(cmp.Compare(b.MS, a.MS), cmp.Compare(a.Name, b.Name))
			},
		)
		return list
	}
	return table(s.profile.Kinds), table(s.profile.Layers)
}
