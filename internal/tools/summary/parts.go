package summary

import (
	"strings"

	"cmae/internal/graph"
	"cmae/internal/graph/nn"
	"cmae/internal/model"
)

// The parts of a model, in the order of the table.
const (
	Encoder           = "encoder"
	Decoder           = "decoder"
	Projector         = "projector"
	Predictor         = "predictor"
	Location          = "location head"
	MomentumEncoder   = "momentum encoder"
	MomentumProjector = "momentum projector"
)

var order = []string{
	Encoder, Decoder, Projector, Predictor, Location, MomentumEncoder, MomentumProjector,
}

// partOf is the part that a parameter, or the layer of an operation, belongs to by its name (spec
// 8).
func partOf(name string) string {
	if rest, ok := strings.CutPrefix(name, model.MomentumPrefix); ok {
		if partOf(rest) == Projector {
			return MomentumProjector
		}
		return MomentumEncoder
	}
	for _, p := range []struct{ prefix, part string }{
		{"decoder_", Decoder}, {"mask_token", Decoder}, {
			"projector.", Projector,
		}, {"predictor.", Predictor}, {"location.", Location},
	} {
		if strings.HasPrefix(name, p.prefix) {
			return p.part
		}
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
func (s *Summary) count(params *nn.Params, step *graph.Sketch, batch int) {
	parts := map[string]*Part{}
	for _, name := range order {
		parts[name] = &Part{Name: name}
	}
	for _, p := range params.All() {
		if p.Role == nn.Running {
			continue
		}
		part := parts[partOf(p.Name)]
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
		part := parts[partOf(t.Op.Label())]
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
	for _, name := range order {
		if p := parts[name]; p.Parameters > 0 {
			s.Parts = append(s.Parts, *p)
			s.Total.Parameters += p.Parameters
			s.Total.Trained += p.Trained
			s.Total.Forward += p.Forward
			s.Total.Step += p.Step
		}
	}
}
