package summary

import (
	"slices"
	"strings"

	"cmae/internal/graph"
	"cmae/internal/graph/nn"
)

// Encoder is the part of all parameters that are no head's.
const Encoder = "encoder"

// momentum stands before the name of a part's momentum copy.
const momentum = "momentum "

// parts tell what belongs to which part, by name.
type parts []nn.Part

// order lists the names of all parts there can be, as the table has them.
func (p parts) order() []string {
	names := []string{Encoder}
	for _, part := range p {
		names = append(names, part.Name)
	}
	for _, name := range slices.Clone(names) {
		names = append(names, momentum+name)
	}
	return names
}

// of is the part that a parameter, or the layer of an operation, belongs to by its name (spec 8).
func (p parts) of(name string) string {
	if rest, ok := strings.CutPrefix(name, nn.MomentumPrefix); ok {
		return momentum + p.of(rest)
	}
	if i := slices.IndexFunc(p, func(part nn.Part) bool { return part.Has(name) }); i >= 0 {
		return p[i].Name
	}
	return Encoder
}

// Part finds a part by name; one that the configuration leaves out is zero.
func (s *Summary) Part(name string) Part {
	for _, p := range s.Parts {
		if p.Name == name {
			return p
		}
	}
	return Part{Name: name}
}

// count fills Parts, Total and Work from the step of batch images.
func (s *Summary) count(heads parts, params *nn.Params, step *graph.Sketch, batch int) {
	byName := map[string]*Part{}
	for _, name := range heads.order() {
		byName[name] = &Part{Name: name}
	}
	for _, p := range params.All() {
		if p.Role == nn.Running {
			continue
		}
		part := byName[heads.of(p.Name)]
		part.Parameters += p.Value.Len()
		if p.Role == nn.Trained {
			part.Trained += p.Value.Len()
		}
	}
	differentiated := withGradient(step)
	for _, t := range step.Tasks {
		n := flops(t) / int64(batch)
		if n == 0 {
			continue
		}
		part := byName[heads.of(t.Op.Label())]
		part.Step += n
		s.Work.Step += n
		switch {
		case isBackward(t):
			s.Work.Backward += n
			continue
		case differentiated[passOf(t)]:
			s.Work.Forward += n
		default:
			s.Work.NoGradient += n
		}
		part.Forward += n
	}
	s.Total.Name = "total"
	for _, name := range heads.order() {
		if p := byName[name]; p.Parameters > 0 {
			s.Parts = append(s.Parts, *p)
			s.Total.Parameters += p.Parameters
			s.Total.Trained += p.Trained
			s.Total.Forward += p.Forward
			s.Total.Step += p.Step
		}
	}
}
