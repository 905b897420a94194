package cmae

import (
	"cmae/internal/dataset/loader"
	"cmae/internal/graph/exec"
	"cmae/internal/graph/nn"
	"cmae/internal/graph/op"
	"cmae/internal/losses"
	"cmae/internal/model"
	"cmae/internal/recipe"
)

// Location is L_loc: a head predicts the place of each visible token (spec 1.8).
type Location struct{ Plain }

// Describe names the term.
func (Location) Describe(c recipe.Pretrain) losses.Term {
	return losses.Term{
		Name: "location", Title: "Location, L_loc", Unit: "loss a visible token",
		Weight: c.Location.Weight,
	}
}

// Parts are the head.
func (Location) Parts() []nn.Part {
	return []nn.Part{{
		Name: "location head", Prefixes: []string{"location."},
		Settings: "the section location and data.image_size",
	}}
}

// Views asks for the tokens that lose their position.
func (Location) Views(c recipe.Pretrain, o *loader.Options) {
	o.DropPosition = c.Location.DropPosition
}

// Head makes the head and its target.
func (Location) Head(s *Step) Head {
	c, v := s.Recipe, s.Recipe.Visible()
	head := newLocationHead(s.Sub("location"), c.Location, c.Model.Dim, c.Grid())
	places := s.Input("places", s.ParamType(), s.Batch(), v, c.Location.Slots(c.Grid())) // [B,V,L]
	if c.Location.DropPosition > 0 {
		s.Query.Keep = s.Input("keep", s.ParamType(), s.Batch(), v)
	}
	return Head{Loss: func() *op.Node {
		out := head.Forward(s.Q1) // [B,V,L]
		s.Stage("location", out)
		return locationLoss(c.Location, out, places)
	}}
}

// locationLoss holds predictions [B,V,L] against the true places.
func locationLoss(c recipe.Location, out, places *op.Node) *op.Node {
	if c.Loss == recipe.LocationL2 {
		return losses.LocationL2(out, places, c.Reduction == recipe.ReduceMean)
	}
	parts := 1 // each with its softmax
	if c.Target == recipe.TargetRowCol {
		parts = 2
	}
	return losses.LocationCE(out, places, parts)
}

// Feed uploads the places of the visible tokens, and which of these keep their position.
func (Location) Feed(d Data) {
	c := d.Recipe
	exec.Feed(d.Func, "places", targets(c.Location, d.Visible, c.Grid()))
	if c.Location.DropPosition > 0 {
		n := c.Patches()
		kept := gather(d.Batch.KeepPosition[d.From*n:d.To*n], d.Visible, n, c.Visible())
		exec.Feed(d.Func, "keep", kept)
	}
}

// targets are [B,V,L]: ones at the place of each visible patch ids[B,V], zeros elsewhere.
func targets(c recipe.Location, ids []int32, grid int) []float32 {
	slots := c.Slots(grid)
	target := make([]float32, len(ids)*slots)
	for i, id := range ids {
		if c.Target == recipe.TargetRowCol {
			target[i*slots+int(id)/grid] = 1
			target[i*slots+grid+int(id)%grid] = 1
			continue
		}
		target[i*slots+int(id)] = 1
	}
	return target
}

// MinMemory adds the target, here and in the engine, and the head.
func (Location) MinMemory(d *model.MinMemory, c recipe.Sized, batch int) {
	slots, hidden := float64(c.Location.Slots(c.Grid())), c.Location.Hidden
	d.Add(
		12*float64(batch)*float64(c.Visible())*slots, model.BatchFactor(batch),
		model.SideFactor(c.Side),
	)
	d.Add(
		model.TrainedWeight*float64(hidden)*(slots+float64(c.Model.Features())),
		model.Factor{Key: "location.hidden", Value: hidden, Usual: 48}, model.SideFactor(c.Side),
	)
}

// locationHead is Linear D to hidden, GELU, Linear to slots.
type locationHead struct {
	first, second *nn.Linear
	gelu          bool
}

// newLocationHead makes the head at s for an encoder of width dim. The names of its layers count
// the GELU: 0, 2.
func newLocationHead(s *nn.Scope, c recipe.Location, dim, grid int) *locationHead {
	hidden, gelu, last := c.Hidden, c.Activation == recipe.ActivationGELU, "1"
	if hidden == 0 {
		hidden = dim / 2
	}
	if gelu {
		last = "2"
	}
	return &locationHead{
		first:  nn.NewLinear(s.Sub("0"), dim, hidden),
		second: nn.NewLinear(s.Sub(last), hidden, c.Slots(grid)),
		gelu:   gelu,
	}
}

// Forward maps the visible pass q1[B,1+V,D] to [B,V,L].
func (h *locationHead) Forward(q1 *op.Node) *op.Node {
	tokens := op.SliceTokens(q1, 1, q1.Shape()[1]) // [B,V,D]
	if h.gelu {
		return h.second.Forward(h.first.ForwardGELU(tokens))
	}
	return h.second.Forward(h.first.ForwardCompute(tokens))
}
